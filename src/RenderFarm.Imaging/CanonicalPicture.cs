using RenderFarm.Imaging.Metadata;

namespace RenderFarm.Imaging;

/// <summary>
/// A stranger's picture as we keep it: decoded, and written again by our own encoder as a PNG without metadata, so that nothing of the file that was sent
/// in (texts, profiles, trailing bytes, tricks on decoders) is stored or handed on.
/// </summary>
/// <param name="Digest">Digest of the pixels (<see cref="PictureDigest"/>).</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="File">The PNG.</param>
public sealed record CanonicalPicture(string Digest, int Width, int Height, byte[] File)
{
    /// <summary>Reads a PNG, JPEG or WebP file: turned upright, laid on white where it is transparent, 8 bits a channel.</summary>
    /// <param name="file">The file as it was sent in.</param>
    /// <param name="maxPixels">Most pixels to accept; read from the header, before any memory is taken.</param>
    /// <exception cref="ImageFormatException">The file is none of the three, too large, cut short or damaged, an animation, or longer than its picture.</exception>
    public static CanonicalPicture FromFile(byte[] file, int maxPixels)
    {
        ArgumentNullException.ThrowIfNull(file);
        // What InputPicture asks, without a field's name before the reason: whoever answers a request has that name in a place of its own.
        FileFrame.Check(ImageSignature.Recognize(file), file);
        return Of(ImageReader.Decode(file, maxPixels));
    }

    /// <summary>Writes a picture in the form that we keep.</summary>
    public static CanonicalPicture Of(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new(PictureDigest.Of(image), image.Width, image.Height, ImageEncoder.Encode(image, ImageFileFormat.Png, quality: null, ImageTexts.None));
    }
}
