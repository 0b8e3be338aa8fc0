using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures.Canvas;

/// <summary>Pictures and masks on a larger canvas.</summary>
internal static class GrownCanvas
{
    /// <summary>The picture in its place, its outermost pixels repeated over the margins.</summary>
    public static RgbImage Grow(RgbImage image, OutpaintMargins margins)
    {
        var (width, height) = (image.Width + margins.Columns, image.Height + margins.Rows);
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            var row = Math.Clamp(y - margins.Top, 0, image.Height - 1) * image.Width;
            for (var x = 0; x < width; x++)
            {
                var column = Math.Clamp(x - margins.Left, 0, image.Width - 1);
                image.Pixels.AsSpan((row + column) * 3, 3).CopyTo(pixels.AsSpan(((y * width) + x) * 3));
            }
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>A mask on the larger canvas, white where it is new and up to some pixels further in.</summary>
    /// <param name="mask">Grey, as large as the picture; null for black.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="margins">What is new.</param>
    /// <param name="further">Pixels of the picture beside a margin that count as new.</param>
    public static RgbImage GrowMask(RgbImage? mask, int width, int height, OutpaintMargins margins, int further = 0)
    {
        var greys = new byte[(width + margins.Columns) * (height + margins.Rows)];
        var (left, right) = (margins.Left > 0 ? further : 0, margins.Right > 0 ? further : 0);
        var (top, bottom) = (margins.Top > 0 ? further : 0, margins.Bottom > 0 ? further : 0);
        for (var i = 0; i < greys.Length; i++)
        {
            var (x, y) = ((i % (width + margins.Columns)) - margins.Left, (i / (width + margins.Columns)) - margins.Top);
            var kept = x >= left && x < width - right && y >= top && y < height - bottom;
            greys[i] = !kept ? (byte)255 : mask is null ? (byte)0 : mask.Pixels[((y * width) + x) * 3];
        }

        return SoftMask.FromGrey(width + margins.Columns, height + margins.Rows, greys);
    }

    /// <summary>The lighter of two masks, pixel by pixel.</summary>
    public static RgbImage Lighter(RgbImage a, RgbImage b)
    {
        var pixels = a.Pixels.ToArray();
        for (var i = 0; i < pixels.Length; i++) pixels[i] = Math.Max(pixels[i], b.Pixels[i]);
        return new RgbImage(a.Width, a.Height, pixels);
    }
}
