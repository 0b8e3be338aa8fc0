using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures.Canvas;

/// <summary>Fills what a mask covers with the colours around it, the nearer the stronger: blurs of the uncovered rest, coarse ones below fine ones.</summary>
/// <remarks>
/// This implementation follows <c>fill</c> of A1111's <c>modules/masking.py</c> (radii and repeats are its), in floating point instead of bytes. Limitations: a Gaussian is
/// three box blurs of whole pixels; bytes differ from Pillow's by a few grey values.
/// </remarks>
internal static class SurroundingColours
{
    private const int Boxes = 3;
    private static readonly (int Radius, int Repeats)[] Layers = [(256, 1), (64, 1), (16, 2), (4, 4), (2, 2)];

    /// <summary>A copy with the masked part filled; what the mask leaves black keeps its bytes.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">Grey, as large; white is filled.</param>
    public static RgbImage Fill(RgbImage image, RgbImage mask)
    {
        var count = image.Width * image.Height;
        var visible = Planes(image, mask);
        var filled = new float[4][];
        for (var plane = 0; plane < 4; plane++) filled[plane] = new float[count];
        foreach (var (radius, repeats) in Layers)
        {
            var layer = Array.ConvertAll(visible, plane => Blur(plane, image.Width, image.Height, radius));
            for (var k = 0; k < repeats; k++) LayOver(filled, layer);
        }

        LayOver(filled, visible);
        var pixels = image.Pixels.ToArray();
        for (var i = 0; i < count; i++)
        {
            if (mask.Pixels[3 * i] == 0) continue;
            for (var channel = 0; channel < 3; channel++)
                pixels[(3 * i) + channel] = (byte)Math.Clamp(Math.Round(filled[3][i] > 0 ? filled[channel][i] / filled[3][i] : 127), 0, 255);
        }

        return new RgbImage(image.Width, image.Height, pixels);
    }

    /// <summary>Red, green, blue and opacity; colours multiplied with opacity.</summary>
    private static float[][] Planes(RgbImage image, RgbImage mask)
    {
        var planes = new float[4][];
        for (var plane = 0; plane < 4; plane++) planes[plane] = new float[image.Width * image.Height];
        for (var i = 0; i < planes[3].Length; i++)
        {
            var opacity = 1 - (mask.Pixels[3 * i] / 255f);
            for (var channel = 0; channel < 3; channel++) planes[channel][i] = image.Pixels[(3 * i) + channel] * opacity;
            planes[3][i] = opacity;
        }

        return planes;
    }

    private static void LayOver(float[][] below, float[][] above)
    {
        for (var i = 0; i < below[3].Length; i++)
        {
            var through = 1 - above[3][i];
            for (var plane = 0; plane < 4; plane++) below[plane][i] = above[plane][i] + (below[plane][i] * through);
        }
    }

    private static float[] Blur(float[] plane, int width, int height, int sigma)
    {
        // Boxes of radius r have together the variance 3·((2r + 1)² − 1)/12.
        var radius = (int)Math.Round((Math.Sqrt((12.0 * sigma * sigma / Boxes) + 1) - 1) / 2);
        var (from, to) = (plane.ToArray(), new float[plane.Length]);
        for (var pass = 0; pass < Boxes; pass++)
        {
            for (var y = 0; y < height; y++) Box(from, to, y * width, 1, width, radius);
            for (var x = 0; x < width; x++) Box(to, from, x, width, height, radius);
        }

        return from;
    }

    /// <summary>Means over 2·radius + 1 numbers of a line, its ends repeated outwards.</summary>
    private static void Box(float[] from, float[] to, int start, int step, int length, int radius)
    {
        double sum = 0;
        for (var k = -radius; k <= radius; k++) sum += At(k);
        for (var i = 0; i < length; i++)
        {
            to[start + (step * i)] = (float)(Math.Max(0, sum) / ((2 * radius) + 1));
            sum += At(i + radius + 1) - At(i - radius);
        }

        float At(int index) => from[start + (step * Math.Clamp(index, 0, length - 1))];
    }
}
