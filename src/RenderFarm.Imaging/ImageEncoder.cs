using NetVips;
using RenderFarm.Imaging.Metadata;

namespace RenderFarm.Imaging;

/// <summary>Pixels to file bytes. Thread-safe.</summary>
/// <remarks>
/// The bytes are a pure function of pixels, format, quality and texts: no time stamp, no colour profile, no host name. On processors with
/// other vector units the PNG compressor may pick other (equally valid) matches, which changes file bytes but never pixels.
/// </remarks>
public static class ImageEncoder
{
    /// <summary>JPEG quality where none is asked for; from 90 on chroma is not subsampled.</summary>
    public const int DefaultJpegQuality = 95;

    /// <summary>WebP quality where none is asked for.</summary>
    public const int DefaultWebPQuality = 90;

    // Level 6 with the Sub filter costs a fifth of level 9's time for 10 % more bytes on rendered pictures.
    private const int PngCompressionLevel = 6;

    // What the formats' own headers can express (WebP: 14 bits; JPEG: libjpeg's bound).
    private const int MaxWebPSide = 16_383;
    private const int MaxJpegSide = 65_500;

    /// <summary>Encodes a picture and writes its texts inside.</summary>
    /// <param name="image">The pixels.</param>
    /// <param name="format">The file format.</param>
    /// <param name="quality">1…100; null for the format's default. PNG is lossless and does not look at it.</param>
    /// <param name="texts">What to write inside; <see cref="ImageTexts.None"/> for nothing.</param>
    /// <returns>The bytes of the file.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="quality"/> or <paramref name="format"/> is out of range.</exception>
    /// <exception cref="ArgumentException">A text cannot be written so that it reads back unchanged, or text or picture is too large for the format.</exception>
    public static byte[] Encode(RgbImage image, ImageFileFormat format, int? quality, ImageTexts texts)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(texts);
        if (quality is < 1 or > 100)
            throw new ArgumentOutOfRangeException(nameof(quality), quality, "Quality is 1 to 100.");
        texts.Validate();
        int maxSide = format switch { ImageFileFormat.WebP => MaxWebPSide, ImageFileFormat.Jpeg => MaxJpegSide, _ => int.MaxValue };
        if (Math.Max(image.Width, image.Height) > maxSide)
            throw new ArgumentException($"A {format} picture has at most {maxSide} pixels a side, not {image.Width}×{image.Height}. Choose PNG.", nameof(image));

        VipsEngine.EnsureStarted();
        using Image pixels = Image.NewFromMemory(image.Pixels, image.Width, image.Height, 3, Enums.BandFormat.Uchar);
        return format switch
        {
            ImageFileFormat.Png => PngTexts.Insert(
                pixels.PngsaveBuffer(compression: PngCompressionLevel, filter: Enums.ForeignPngFilter.Sub, keep: Enums.ForeignKeep.None), texts),
            ImageFileFormat.Jpeg => JpegTexts.Insert(
                pixels.JpegsaveBuffer(q: quality ?? DefaultJpegQuality, optimizeCoding: true, keep: Enums.ForeignKeep.None), texts),
            ImageFileFormat.WebP => WebPTexts.Insert(
                pixels.WebpsaveBuffer(q: quality ?? DefaultWebPQuality, keep: Enums.ForeignKeep.None), texts, image.Width, image.Height),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Formats are Png, Jpeg and WebP."),
        };
    }
}
