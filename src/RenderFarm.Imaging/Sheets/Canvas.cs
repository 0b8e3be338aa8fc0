namespace RenderFarm.Imaging.Sheets;

/// <summary>Three channels of ink, 0…255.</summary>
internal readonly record struct Ink(byte Red, byte Green, byte Blue);

/// <summary>A picture to draw on. Whatever falls outside is cut off.</summary>
internal sealed class Canvas
{
    private readonly byte[] _pixels;

    public Canvas(int width, int height, Ink paper)
    {
        (Width, Height) = (width, height);
        _pixels = new byte[checked(width * height * 3)];
        Fill(0, 0, width, height, paper);
    }

    public int Width { get; }

    public int Height { get; }

    public RgbImage ToImage() => new(Width, Height, _pixels);

    public void Fill(int left, int top, int width, int height, Ink ink)
    {
        for (int y = Math.Max(top, 0); y < Math.Min(top + height, Height); y++)
        {
            for (int x = Math.Max(left, 0); x < Math.Min(left + width, Width); x++)
            {
                int i = ((y * Width) + x) * 3;
                (_pixels[i], _pixels[i + 1], _pixels[i + 2]) = (ink.Red, ink.Green, ink.Blue);
            }
        }
    }

    public void Draw(RgbImage image, int left, int top)
    {
        for (int y = 0; y < image.Height; y++)
            image.Pixels.AsSpan(y * image.Width * 3, image.Width * 3).CopyTo(_pixels.AsSpan((((top + y) * Width) + left) * 3));
    }

    /// <summary>Lays ink where the text is, as thick as its anti-aliasing says.</summary>
    public void Draw(TextBlock text, int left, int top, Ink ink)
    {
        for (int y = Math.Max(0, -top); y < Math.Min(text.Height, Height - top); y++)
        {
            for (int x = Math.Max(0, -left); x < Math.Min(text.Width, Width - left); x++)
            {
                int coverage = text.Coverage[(y * text.Width) + x];
                int i = (((top + y) * Width) + left + x) * 3;
                _pixels[i] = Blend(_pixels[i], ink.Red, coverage);
                _pixels[i + 1] = Blend(_pixels[i + 1], ink.Green, coverage);
                _pixels[i + 2] = Blend(_pixels[i + 2], ink.Blue, coverage);
            }
        }
    }

    private static byte Blend(int below, int above, int coverage) => (byte)(((below * (255 - coverage)) + (above * coverage) + 127) / 255);
}
