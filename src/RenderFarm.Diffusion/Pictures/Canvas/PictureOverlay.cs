using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures.Canvas;

/// <summary>Puts a painted picture into the one it was made from, so that what the mask leaves black keeps every byte.</summary>
/// <param name="original">The picture as it was.</param>
/// <param name="mask">Grey, as large: how much of the painted picture is seen.</param>
/// <param name="box">Where the painted picture belongs; it is brought to that size.</param>
internal sealed class PictureOverlay(RgbImage original, RgbImage mask, PictureBox box)
{
    /// <summary>The original with the painted picture in it.</summary>
    public RgbImage Apply(RgbImage painted)
    {
        var fitting = LanczosResampling.Resize(painted, box.Width, box.Height);
        var pixels = original.Pixels.ToArray();
        for (var row = 0; row < box.Height; row++)
        {
            var (to, from) = ((((box.Y + row) * original.Width) + box.X) * 3, row * box.Width * 3);
            for (var i = 0; i < box.Width * 3; i++)
            {
                var share = mask.Pixels[to + i];
                pixels[to + i] = (byte)(((pixels[to + i] * (255 - share)) + (fitting.Pixels[from + i] * share) + 127) / 255);
            }
        }

        return new RgbImage(original.Width, original.Height, pixels);
    }
}
