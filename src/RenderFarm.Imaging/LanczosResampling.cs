namespace RenderFarm.Imaging;

/// <summary>Copies of another size whose every bit is the same on every machine: for pictures that an image is made from. Thread-safe.</summary>
/// <remarks>
/// This implementation follows <c>Image.resize(size, LANCZOS)</c> of Pillow (<c>src/libImaging/Resample.c</c>, the 8-bit path): columns first, then rows,
/// each with weights rounded to 22 bits after the point. For pictures on their way out <see cref="ImageResize"/> is faster.
/// </remarks>
public static class LanczosResampling
{
    private const int Lobes = 3;
    private const int PrecisionBits = 22;

    /// <summary>A copy of exactly the given size, stretched where the proportions differ.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <returns>The copy; the picture itself where the size is the same.</returns>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        RgbImage wide = width == image.Width ? image : Columns(image, width);
        return height == wide.Height ? wide : Rows(wide, height);
    }

    private static RgbImage Columns(RgbImage image, int width)
    {
        byte[] pixels = new byte[checked(width * image.Height * 3)];
        for (int x = 0; x < width; x++)
        {
            (int first, int[] weights) = Weights(x, width, image.Width);
            for (int y = 0; y < image.Height; y++)
                Mix(image.Pixels, ((y * image.Width) + first) * 3, 3, weights, pixels.AsSpan(((y * width) + x) * 3, 3));
        }

        return new RgbImage(width, image.Height, pixels);
    }

    private static RgbImage Rows(RgbImage image, int height)
    {
        int stride = image.Width * 3;
        byte[] pixels = new byte[checked(stride * height)];
        for (int y = 0; y < height; y++)
        {
            (int first, int[] weights) = Weights(y, height, image.Height);
            Mix(image.Pixels, first * stride, stride, weights, pixels.AsSpan(y * stride, stride));
        }

        return new RgbImage(image.Width, height, pixels);
    }

    /// <summary>Weighted sums of bytes that lie a step apart, for as many neighbouring sums as there is room.</summary>
    private static void Mix(byte[] source, int start, int step, int[] weights, Span<byte> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            long sum = 1L << (PrecisionBits - 1);
            for (int k = 0; k < weights.Length; k++)
                sum += (long)source[start + i + (k * step)] * weights[k];
            destination[i] = (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);
        }
    }

    /// <summary>Which samples make up one sample of the result, and by how much.</summary>
    private static (int First, int[] Weights) Weights(int at, int size, int sourceSize)
    {
        double scale = (double)sourceSize / size;
        double stretch = Math.Max(1, scale);
        double center = (at + 0.5) * scale;
        int first = Math.Max(0, (int)(center - (Lobes * stretch) + 0.5));
        int end = Math.Min(sourceSize, (int)(center + (Lobes * stretch) + 0.5));
        double[] exact = new double[end - first];
        double total = 0;
        for (int k = 0; k < exact.Length; k++)
            total += exact[k] = Kernel((k + first - center + 0.5) * (1 / stretch));
        return (first, Array.ConvertAll(exact, weight => ToFixed(weight / total)));
    }

    private static int ToFixed(double weight) => (int)((weight * (1 << PrecisionBits)) + (weight < 0 ? -0.5 : 0.5));

    private static double Kernel(double x) => x is >= -Lobes and < Lobes ? Sinc(x) * Sinc(x / Lobes) : 0;

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
