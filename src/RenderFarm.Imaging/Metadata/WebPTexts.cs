using System.Buffers;
using System.Buffers.Binary;

namespace RenderFarm.Imaging.Metadata;

/// <summary>EXIF and XMP as chunks of a WebP file in its extended layout (RFC 9649, 2.7).</summary>
internal static class WebPTexts
{
    private const int HeaderLength = 12;
    private const byte HasExif = 0x08;
    private const byte HasXmp = 0x04;

    /// <param name="webp">A file in the simple layout: one VP8 chunk, no alpha.</param>
    /// <param name="texts">What to write.</param>
    /// <param name="width">Width in pixels, 1…16,383.</param>
    /// <param name="height">Height in pixels, 1…16,383.</param>
    public static byte[] Insert(byte[] webp, ImageTexts texts, int width, int height)
    {
        byte[]? exif = texts.Parameters is { } parameters ? ExifUserComment.Write(parameters) : null;
        byte[]? xmp = XmpPacket.Write(texts);
        if (exif is null && xmp is null)
            return webp;

        byte[] canvas = new byte[10];
        canvas[0] = (byte)((exif is null ? 0 : HasExif) | (xmp is null ? 0 : HasXmp));
        WriteUInt24(canvas.AsSpan(4), width - 1);
        WriteUInt24(canvas.AsSpan(7), height - 1);

        ArrayBufferWriter<byte> output = new(webp.Length + 4096);
        output.Write(webp.AsSpan(0, HeaderLength));
        WriteChunk(output, "VP8X"u8, canvas);
        output.Write(webp.AsSpan(HeaderLength));
        if (exif is not null)
            WriteChunk(output, "EXIF"u8, exif);
        if (xmp is not null)
            WriteChunk(output, "XMP "u8, xmp);
        byte[] file = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        return file;
    }

    /// <exception cref="ImageFormatException">A chunk is cut short.</exception>
    public static ImageTexts Read(ReadOnlySpan<byte> webp)
    {
        ImageTexts texts = ImageTexts.None;
        for (int position = HeaderLength; position < webp.Length;)
        {
            if (webp.Length - position < 8)
                throw new ImageFormatException($"The WebP file is cut short at byte {position}.");
            ReadOnlySpan<byte> type = webp.Slice(position, 4);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(webp[(position + 4)..]);
            if (length > webp.Length - position - 8)
                throw new ImageFormatException($"The WebP file is cut short inside the chunk at byte {position}.");
            ReadOnlySpan<byte> content = webp.Slice(position + 8, (int)length);
            if (type.SequenceEqual("EXIF"u8))
                texts = texts with { Parameters = ExifUserComment.Read(content.StartsWith("Exif\0\0"u8) ? content[6..] : content) };
            else if (type.SequenceEqual("XMP "u8))
                texts = XmpPacket.Read(content, texts);
            position = (int)Math.Min(position + 8L + length + (length & 1), int.MaxValue);
        }

        return texts;
    }

    private static void WriteChunk(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> type, byte[] content)
    {
        output.Write(type);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, content.Length);
        output.Write(length);
        output.Write(content);
        if (content.Length % 2 == 1)
            output.Write((ReadOnlySpan<byte>)[0]);
    }

    private static void WriteUInt24(Span<byte> target, int value)
    {
        target[0] = (byte)value;
        target[1] = (byte)(value >> 8);
        target[2] = (byte)(value >> 16);
    }
}
