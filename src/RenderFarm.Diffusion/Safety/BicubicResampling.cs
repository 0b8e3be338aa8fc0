using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Safety;

/// <summary>Bicubic resizing with the bits of Pillow, which CLIP's own preprocessing uses.</summary>
/// <remarks>
/// This implementation matches <c>ImagingResample</c> of Pillow's <c>src/libImaging/Resample.c</c> (8 bits a channel): a = −0.5, support 2 widened when
/// shrinking, coefficients in 22-bit fixed point, rows first and then columns, rounded to bytes between.
/// </remarks>
internal static class BicubicResampling
{
    private const int Precision = 22;
    private const double A = -0.5;

    /// <summary>A picture in another size.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        var wide = width == image.Width ? image.Pixels : Pass(image.Pixels, image.Width, width, image.Height, 3, image.Width * 3, 3, width * 3);
        var pixels = height == image.Height ? wide : Pass(wide, image.Height, height, width, width * 3, 3, width * 3, 3);
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Resizes along one axis.</summary>
    /// <param name="source">Pixels.</param>
    /// <param name="from">Length along the axis.</param>
    /// <param name="to">Length it becomes.</param>
    /// <param name="lines">Length along the other axis.</param>
    /// <param name="step">Distance of neighbours along the axis in the source.</param>
    /// <param name="lineStep">Distance of lines in the source.</param>
    /// <param name="outStep">Distance of neighbours in the result.</param>
    /// <param name="outLineStep">Distance of lines in the result.</param>
    private static byte[] Pass(byte[] source, int from, int to, int lines, int step, int lineStep, int outStep, int outLineStep)
    {
        var result = new byte[to * lines * 3];
        for (var place = 0; place < to; place++)
        {
            var (first, weights) = Weights(place, from, to);
            for (var line = 0; line < lines; line++)
            {
                for (var colour = 0; colour < 3; colour++)
                {
                    var sum = 1 << (Precision - 1);
                    for (var i = 0; i < weights.Length; i++) sum += source[(line * lineStep) + ((first + i) * step) + colour] * weights[i];
                    result[(line * outLineStep) + (place * outStep) + colour] = (byte)Math.Clamp(sum >> Precision, 0, 255);
                }
            }
        }

        return result;
    }

    private static (int First, int[] Weights) Weights(int place, int from, int to)
    {
        var scale = (double)from / to;
        var widened = Math.Max(scale, 1);
        var (centre, support) = ((place + 0.5) * scale, 2 * widened);
        var first = Math.Max(0, (int)(centre - support + 0.5));
        var end = Math.Min(from, (int)(centre + support + 0.5));
        var weights = new double[end - first];
        for (var i = 0; i < weights.Length; i++) weights[i] = Kernel((i + first - centre + 0.5) / widened);
        var sum = weights.Sum();
        return (first, Array.ConvertAll(weights, weight => (int)Math.Round(weight / sum * (1 << Precision), MidpointRounding.AwayFromZero)));
    }

    private static double Kernel(double x)
    {
        x = Math.Abs(x);
        return x < 1 ? ((((A + 2) * x) - (A + 3)) * x * x) + 1
            : x < 2 ? ((((x - 5) * x) + 8) * x - 4) * A
            : 0;
    }
}
