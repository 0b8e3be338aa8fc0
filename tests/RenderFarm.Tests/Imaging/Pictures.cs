using RenderFarm.Imaging;

namespace RenderFarm.Tests.Imaging;

/// <summary>Pictures drawn in code.</summary>
internal static class Pictures
{
    /// <summary>A smooth gradient with mild noise: compresses like a rendered picture.</summary>
    public static RgbImage Noisy(int width = 64, int height = 48, int seed = 1)
    {
        Random random = new(seed);
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(((i / 3 % width * 150) / width) + ((i / 3 / width * 80) / height) + random.Next(16));
        return new RgbImage(width, height, pixels);
    }

    public static RgbImage Solid(int width, int height, byte red, byte green, byte blue)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.Length; i += 3)
            (pixels[i], pixels[i + 1], pixels[i + 2]) = (red, green, blue);
        return new RgbImage(width, height, pixels);
    }

    public static (byte Red, byte Green, byte Blue) At(this RgbImage image, int x, int y)
    {
        int i = ((y * image.Width) + x) * 3;
        return (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2]);
    }
}
