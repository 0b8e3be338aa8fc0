using RenderFarm.Imaging.Metadata;

namespace RenderFarm.Imaging;

/// <summary>Pictures that strangers send to be painted on: initial images and masks. Thread-safe.</summary>
/// <remarks>
/// | a file may have | what becomes of it |
/// | --- | --- |
/// | opacity | laid on white |
/// | 16 bits a channel, a palette, greys, CMYK | 8-bit RGB |
/// | an EXIF orientation | turned upright |
/// | an embedded colour profile | not applied: pixels are taken as sRGB |
/// | several frames | refused |
/// | anything after the picture | refused; further JPEG pictures after a JPEG are not looked at |
/// </remarks>
public static class InputPicture
{
    /// <summary>Most pixels of a picture: 2048×2048, as many as the largest image the farm makes.</summary>
    public const int MaxPixels = 2_048 * 2_048;

    /// <summary>Most bytes of a file: 20 MiB, more than a PNG of noise with as many pixels and opacity needs.</summary>
    public const int MaxBytes = 20 * 1_024 * 1_024;

    /// <summary>Reads a picture, or says why not in a sentence that names where it came from.</summary>
    /// <param name="field">What the sender calls it, for example <c>initial_image</c>; begins every message.</param>
    /// <param name="file">The whole file.</param>
    /// <param name="maxPixels">Most pixels (width × height); read from the header, before any memory is taken.</param>
    /// <param name="maxBytes">Most bytes of the file.</param>
    /// <returns>The pixels.</returns>
    /// <exception cref="ImageFormatException">It is no picture of the kind that is accepted; <see cref="ImageFormatException.Field"/> is <paramref name="field"/>.</exception>
    public static RgbImage Read(string field, byte[] file, int maxPixels = MaxPixels, int maxBytes = MaxBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            if (file.Length > maxBytes)
                throw new ImageFormatException($"The file has {file.Length} bytes; at most {maxBytes} are accepted.");
            FileFrame.Check(ImageSignature.Recognize(file), file);
            return ImageReader.Decode(file, maxPixels);
        }
        catch (ImageFormatException refused)
        {
            throw ImageFormatException.Of(field, refused);
        }
    }
}
