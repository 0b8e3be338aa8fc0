using NetVips;

namespace RenderFarm.Imaging;

/// <summary>Smaller and larger copies of a picture. Thread-safe.</summary>
public static class ImageResize
{
    /// <summary>A copy that fits into a box, with the same proportions; a picture that already fits is returned as it is.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="maxWidth">Width of the box in pixels, at least 1.</param>
    /// <param name="maxHeight">Height of the box in pixels, at least 1.</param>
    /// <returns>A picture of at least 1×1.</returns>
    public static RgbImage Fit(RgbImage image, int maxWidth, int maxHeight)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxHeight, 1);
        double scale = Math.Min((double)maxWidth / image.Width, (double)maxHeight / image.Height);
        if (scale >= 1)
            return image;
        return Resize(image, Math.Max(1, (int)Math.Round(image.Width * scale)), Math.Max(1, (int)Math.Round(image.Height * scale)));
    }

    /// <summary>A copy of exactly the given size (Lanczos 3), stretched where the proportions differ.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <returns>The copy.</returns>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        VipsEngine.EnsureStarted();
        using Image pixels = Image.NewFromMemory(image.Pixels, image.Width, image.Height, 3, Enums.BandFormat.Uchar);
        using Image resized = pixels.ThumbnailImage(width, height: height, size: Enums.Size.Force);
        return new RgbImage(resized.Width, resized.Height, resized.WriteToMemory<byte>());
    }

    /// <summary>A copy in which every pixel became a square of pixels, for tiny pictures that should stay crisp.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="factor">Side of the square in pixels, at least 1.</param>
    /// <returns>The copy.</returns>
    public static RgbImage Magnify(RgbImage image, int factor)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        int width = checked(image.Width * factor), height = checked(image.Height * factor);
        byte[] pixels = new byte[checked(width * height * 3)];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                image.Pixels.AsSpan(((y / factor * image.Width) + (x / factor)) * 3, 3).CopyTo(pixels.AsSpan(((y * width) + x) * 3));
        }

        return new RgbImage(width, height, pixels);
    }
}
