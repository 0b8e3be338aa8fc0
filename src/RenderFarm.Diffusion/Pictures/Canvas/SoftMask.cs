using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures.Canvas;

/// <summary>Masks as the painting uses them: grey (equal channels), softened, shrunk and grown.</summary>
/// <remarks>
/// Softening matches A1111's <c>modules/processing.py</c>, which calls OpenCV's <c>GaussianBlur</c> per axis with 2·⌊2.5·σ + 0.5⌋ + 1 taps, borders mirrored
/// without repeating the last pixel. Weights are rounded to 16 bits after the point, so that no machine gives another byte.
/// </remarks>
internal static class SoftMask
{
    private const int PrecisionBits = 16;

    /// <summary>Grey values as Pillow's mode L has them (ITU-R 601), in all three channels.</summary>
    public static RgbImage ToGrey(RgbImage mask)
    {
        var pixels = new byte[mask.Pixels.Length];
        for (var i = 0; i < pixels.Length; i += 3) pixels.AsSpan(i, 3).Fill(Grey(mask.Pixels.AsSpan(i, 3)));
        return new RgbImage(mask.Width, mask.Height, pixels);
    }

    /// <summary>Grey value of one pixel, as Pillow's mode L has it.</summary>
    public static byte Grey(ReadOnlySpan<byte> pixel) => (byte)(((pixel[0] * 19_595) + (pixel[1] * 38_470) + (pixel[2] * 7_471) + 0x8000) >> 16);

    /// <summary>Softens a grey mask.</summary>
    /// <param name="mask">Equal channels.</param>
    /// <param name="sigma">Standard deviation σ in pixels; 0 leaves the mask as it is.</param>
    public static RgbImage Blur(RgbImage mask, int sigma)
    {
        if (sigma == 0) return mask;
        var weights = Weights(sigma);
        var (width, height) = (mask.Width, mask.Height);
        var (from, across, down) = (new byte[width * height], new byte[width * height], new byte[width * height]);
        for (var i = 0; i < from.Length; i++) from[i] = mask.Pixels[3 * i];
        var window = new LineWindow(weights, Math.Max(width, height));
        for (var y = 0; y < height; y++) window.Blur(from, across, y * width, 1, width);
        for (var x = 0; x < width; x++) window.Blur(across, down, x, width, height);
        return FromGrey(width, height, down);
    }

    /// <summary>A mask of these grey values.</summary>
    public static RgbImage FromGrey(int width, int height, ReadOnlySpan<byte> greys)
    {
        var pixels = new byte[greys.Length * 3];
        for (var i = 0; i < greys.Length; i++) pixels.AsSpan(3 * i, 3).Fill(greys[i]);
        return new RgbImage(width, height, pixels);
    }

    private static int[] Weights(int sigma)
    {
        var radius = (int)((2.5 * sigma) + 0.5);
        var exact = new double[(2 * radius) + 1];
        for (var k = 0; k < exact.Length; k++) exact[k] = Math.Exp(-(double)(k - radius) * (k - radius) / (2.0 * sigma * sigma));
        var total = exact.Sum();
        var weights = Array.ConvertAll(exact, weight => (int)Math.Round(weight / total * (1 << PrecisionBits)));
        // What rounding took or gave goes to the middle: white must stay white.
        weights[radius] += (1 << PrecisionBits) - weights.Sum();
        return weights;
    }

    /// <summary>Weighted sums along lines; one after another, with the same buffers.</summary>
    private sealed class LineWindow(int[] weights, int longest)
    {
        private readonly byte[] _line = new byte[longest + weights.Length - 1];
        private readonly int[] _ends = new int[longest + weights.Length - 1];

        public void Blur(byte[] from, byte[] to, int start, int step, int length)
        {
            var radius = weights.Length / 2;
            var line = _line.AsSpan(0, length + (2 * radius));
            for (var i = 0; i < line.Length; i++) line[i] = from[start + (step * Mirror(i - radius, length))];
            for (var i = line.Length - 1; i >= 0; i--) _ends[i] = i + 1 < line.Length && line[i + 1] == line[i] ? _ends[i + 1] : i + 1;
            for (var i = 0; i < length; i++)
            {
                // Most of a mask is plain, and the weights add up to 1: there is nothing to add up there.
                to[start + (step * i)] = _ends[i] >= i + weights.Length ? line[i] : Sum(line.Slice(i, weights.Length));
            }
        }

        private byte Sum(ReadOnlySpan<byte> line)
        {
            var sum = 1 << (PrecisionBits - 1);
            for (var k = 0; k < line.Length; k++) sum += weights[k] * line[k];
            return (byte)(sum >> PrecisionBits);
        }
    }

    private static int Mirror(int index, int length)
    {
        if ((uint)index < (uint)length) return index;
        if (length == 1) return 0;
        var period = 2 * (length - 1);
        index = ((index % period) + period) % period;
        return index < length ? index : period - index;
    }
}
