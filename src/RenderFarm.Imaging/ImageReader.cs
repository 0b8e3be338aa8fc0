using NetVips;
using RenderFarm.Imaging.Metadata;

namespace RenderFarm.Imaging;

/// <summary>File bytes to pixels and texts. The files may come from strangers. Thread-safe.</summary>
/// <remarks>
/// Limitations: embedded colour profiles are not applied (pixels are taken as sRGB); of an animation the first frame is read.
/// </remarks>
public static class ImageReader
{
    /// <summary>Tells the format of a file by its first bytes.</summary>
    /// <param name="file">The file, or at least its first 12 bytes.</param>
    /// <returns>The format.</returns>
    /// <exception cref="ImageFormatException">The file is neither PNG nor JPEG nor WebP.</exception>
    public static ImageFileFormat RecognizeFormat(ReadOnlySpan<byte> file) => ImageSignature.Recognize(file);

    /// <summary>Reads what is written inside a picture, without decoding its pixels.</summary>
    /// <param name="file">A whole PNG, JPEG or WebP file.</param>
    /// <returns>The texts; null where the file has none.</returns>
    /// <exception cref="ImageFormatException">The file is none of the three, cut short or damaged.</exception>
    public static ImageTexts ReadTexts(ReadOnlySpan<byte> file) => ImageSignature.Recognize(file) switch
    {
        ImageFileFormat.Png => PngTexts.Read(file),
        ImageFileFormat.Jpeg => JpegTexts.Read(file),
        _ => WebPTexts.Read(file),
    };

    /// <summary>Decodes a picture: turned upright, laid on white where it is transparent, 8 bits a channel.</summary>
    /// <param name="file">A whole PNG, JPEG or WebP file.</param>
    /// <param name="maxPixels">Most pixels (width × height) to accept; read from the header, before any memory is taken.</param>
    /// <returns>The pixels.</returns>
    /// <exception cref="ImageFormatException">The file is none of the three, too large, cut short or damaged.</exception>
    public static RgbImage Decode(byte[] file, int maxPixels)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPixels, 1);
        ImageFileFormat format = ImageSignature.Recognize(file);
        VipsEngine.EnsureStarted();
        try
        {
            using Image opened = Image.NewFromBuffer(file, access: Enums.Access.Random, failOn: Enums.FailOn.Error);
            if ((long)opened.Width * opened.Height > maxPixels)
                throw new ImageFormatException($"The picture has {opened.Width}×{opened.Height} pixels; at most {maxPixels} are accepted.");
            using Image upright = opened.Autorot();
            using Image coloured = upright.Colourspace(Enums.Interpretation.Srgb);
            using Image opaque = coloured.HasAlpha() ? coloured.Flatten(background: [255, 255, 255]) : coloured.Copy();
            using Image bytes = opaque.Cast(Enums.BandFormat.Uchar);
            return new RgbImage(bytes.Width, bytes.Height, bytes.WriteToMemory<byte>());
        }
        catch (VipsException e)
        {
            throw new ImageFormatException($"The {format.ToString().ToUpperInvariant()} file is cut short or damaged.", e);
        }
    }
}
