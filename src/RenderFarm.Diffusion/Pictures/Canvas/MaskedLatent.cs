using RenderFarm.Diffusion.Denoising;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures.Canvas;

/// <summary>How an inpainting UNet is shown a mask.</summary>
/// <remarks>
/// This implementation follows diffusers' <c>VaeImageProcessor</c> (masks are black or white, from half on white) and
/// <c>torch.nn.functional.interpolate(mode="nearest")</c>: a cell takes the pixel at its upper left corner.
/// </remarks>
internal static class MaskedLatent
{
    /// <summary>Whether a mask covers a pixel.</summary>
    /// <param name="mask">Grey; null covers everything.</param>
    /// <param name="pixel">Number of the pixel, in reading order.</param>
    public static bool Covers(RgbImage? mask, int pixel) => mask is null || mask.Pixels[3 * pixel] >= 128;

    /// <summary>Writes 1 for each cell that is repainted and 0 for the others.</summary>
    /// <param name="mask">Grey; null covers everything.</param>
    /// <param name="shape">Shape of the latent.</param>
    /// <param name="cells">Receives height × width numbers.</param>
    public static void Mask(RgbImage? mask, LatentShape shape, Span<float> cells)
    {
        for (var i = 0; i < shape.Height * shape.Width; i++)
        {
            var (row, column) = (i / shape.Width, i % shape.Width);
            var pixel = mask is null ? 0 : (row * mask.Height / shape.Height * mask.Width) + (column * mask.Width / shape.Width);
            cells[i] = Covers(mask, pixel) ? 1 : 0;
        }
    }
}
