using RenderFarm.Contracts;
using RenderFarm.Imaging;

namespace RenderFarm.Cli.Files;

/// <summary>Reads image files with the Imaging project.</summary>
internal sealed class ImagingPictures : IPictures
{
    /// <summary>No image of the farm has more pixels than this.</summary>
    public const int MaxPixels = RenderLimits.MaxSide * RenderLimits.MaxSide;

    public PictureTexts ReadTexts(byte[] file)
    {
        var texts = Read(() => ImageReader.ReadTexts(file));
        return new PictureTexts(texts.Recipe, texts.Profile);
    }

    public double? PsnrDecibels(byte[] first, byte[] second)
    {
        var (a, b) = (Read(() => ImageReader.Decode(first, MaxPixels)), Read(() => ImageReader.Decode(second, MaxPixels)));
        return a.Width == b.Width && a.Height == b.Height ? PeakSignalToNoise.Decibels(a, b) : null;
    }

    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ImageFormatException error)
        {
            throw new FormatException(error.Message, error);
        }
    }
}
