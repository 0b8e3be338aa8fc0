using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures.Canvas;

/// <summary>A part of a picture, in pixels.</summary>
/// <param name="X">First column.</param>
/// <param name="Y">First row.</param>
/// <param name="Width">Columns, at least 1.</param>
/// <param name="Height">Rows, at least 1.</param>
internal readonly record struct PictureBox(int X, int Y, int Width, int Height)
{
    /// <summary>The whole of a picture.</summary>
    public static PictureBox Of(RgbImage image) => new(0, 0, image.Width, image.Height);

    /// <summary>A copy of this part.</summary>
    public RgbImage Cut(RgbImage image)
    {
        if (this == Of(image)) return image;
        var pixels = new byte[Width * Height * 3];
        for (var row = 0; row < Height; row++)
            image.Pixels.AsSpan((((Y + row) * image.Width) + X) * 3, Width * 3).CopyTo(pixels.AsSpan(row * Width * 3));
        return new RgbImage(Width, Height, pixels);
    }

    /// <summary>The part that shows all of a mask that is not black, with padding, widened or heightened to the proportions it will be worked at.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="padding">Pixels around what is not black, as far as there are any.</param>
    /// <param name="width">Width to be worked at.</param>
    /// <param name="height">Height to be worked at.</param>
    /// <returns>Null when the mask is all black. Where the picture ends before the proportions are met, they are not.</returns>
    /// <remarks>This implementation matches <c>get_crop_region_v2</c> and <c>expand_crop_region</c> of A1111's <c>modules/masking.py</c>.</remarks>
    public static PictureBox? Around(RgbImage mask, int padding, int width, int height)
    {
        var (left, top, right, bottom) = (mask.Width, mask.Height, -1, -1);
        for (var i = 0; i < mask.Pixels.Length; i += 3)
        {
            if (mask.Pixels[i] == 0) continue;
            var (x, y) = (i / 3 % mask.Width, i / 3 / mask.Width);
            (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x), Math.Max(bottom, y));
        }

        if (right < 0) return null;
        (int Start, int Length) across = Pad(left, right + 1, padding, mask.Width), down = Pad(top, bottom + 1, padding, mask.Height);
        if ((long)across.Length * height > (long)down.Length * width)
            down = Stretch(down, (int)((long)across.Length * height / width), mask.Height);
        else
            across = Stretch(across, (int)((long)down.Length * width / height), mask.Width);
        return new PictureBox(across.Start, down.Start, across.Length, down.Length);
    }

    private static (int Start, int Length) Pad(int start, int end, int padding, int side) =>
        (Math.Max(0, start - padding), Math.Min(side, end + padding) - Math.Max(0, start - padding));

    /// <summary>Lengthens on both sides alike, then shifts back into the picture.</summary>
    private static (int Start, int Length) Stretch((int Start, int Length) part, int length, int side)
    {
        length = Math.Max(length, part.Length);
        var start = part.Start - ((length - part.Length) / 2);
        start = Math.Max(0, Math.Min(start, side - length));
        return (start, Math.Min(length, side));
    }
}
