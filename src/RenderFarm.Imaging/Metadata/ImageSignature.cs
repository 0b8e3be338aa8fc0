namespace RenderFarm.Imaging.Metadata;

/// <summary>Tells the format of a file by its first bytes; names and content types are whatever their sender wished.</summary>
internal static class ImageSignature
{
    public const int PngLength = 8;

    /// <exception cref="ImageFormatException">The file is none of the three.</exception>
    public static ImageFileFormat Recognize(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
            return ImageFileFormat.Png;
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return ImageFileFormat.Jpeg;
        if (file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8))
            return ImageFileFormat.WebP;
        throw new ImageFormatException(file.IsEmpty
            ? "The file is empty; a PNG, JPEG or WebP picture is needed."
            : $"The file is not a PNG, JPEG or WebP picture (it starts with {Convert.ToHexString(file[..Math.Min(8, file.Length)])}).");
    }
}
