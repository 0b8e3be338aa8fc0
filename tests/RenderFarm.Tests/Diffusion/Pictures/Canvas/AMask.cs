using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Imaging;

namespace RenderFarm.Tests.Diffusion.Pictures.Canvas;

/// <summary>Grey pictures drawn in code.</summary>
internal static class AMask
{
    public static RgbImage Of(int width, int height, Func<int, int, int> grey) =>
        SoftMask.FromGrey(width, height, [.. Enumerable.Range(0, width * height).Select(i => (byte)grey(i % width, i / width))]);

    /// <summary>White inside a box, black outside.</summary>
    public static RgbImage Box(int width, int height, PictureBox box) =>
        Of(width, height, (x, y) => x >= box.X && x < box.X + box.Width && y >= box.Y && y < box.Y + box.Height ? 255 : 0);

    /// <summary>The first channel of a pixel.</summary>
    public static byte At(this RgbImage image, int x, int y) => image.Pixels[((y * image.Width) + x) * 3];
}
