namespace RenderFarm.Imaging;

/// <summary>A picture in memory: rows from top to bottom, 3 bytes a pixel in the order red, green, blue (sRGB).</summary>
public sealed class RgbImage
{
    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="pixels">width × height × 3 bytes.</param>
    /// <exception cref="ArgumentException">The length of <paramref name="pixels"/> does not fit the size.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Length != (long)width * height * 3)
            throw new ArgumentException($"An image of {width}×{height} has {(long)width * height * 3} bytes, not {pixels.Length}.", nameof(pixels));

        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>width × height × 3 bytes.</summary>
    public byte[] Pixels { get; }
}
