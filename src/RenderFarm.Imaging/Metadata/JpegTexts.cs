using System.Buffers;
using System.Buffers.Binary;

namespace RenderFarm.Imaging.Metadata;

/// <summary>EXIF and XMP as APP1 segments of a JPEG file (ITU T.81 B.1.1; XMP part 3, 1.1.3).</summary>
internal static class JpegTexts
{
    private const byte App0 = 0xE0;
    private const byte App1 = 0xE1;
    private const byte StartOfScan = 0xDA;
    private const byte EndOfImage = 0xD9;
    private const int MaxSegment = 65_535;

    private static ReadOnlySpan<byte> ExifSignature => "Exif\0\0"u8;

    private static ReadOnlySpan<byte> XmpSignature => "http://ns.adobe.com/xap/1.0/\0"u8;

    public static byte[] Insert(byte[] jpeg, ImageTexts texts)
    {
        // JFIF wants its APP0 first, so ours follow it.
        int start = jpeg[3] == App0 ? 4 + BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(4)) : 2;
        ArrayBufferWriter<byte> output = new(jpeg.Length + 4096);
        output.Write(jpeg.AsSpan(0, start));
        if (texts.Parameters is { } parameters)
            WriteSegment(output, nameof(ImageTexts.Parameters), ExifSignature, ExifUserComment.Write(parameters));
        if (XmpPacket.Write(texts) is { } packet)
            WriteSegment(output, nameof(ImageTexts.Recipe), XmpSignature, packet);
        output.Write(jpeg.AsSpan(start));
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="ImageFormatException">The segments before the pixels are cut short.</exception>
    public static ImageTexts Read(ReadOnlySpan<byte> jpeg)
    {
        ImageTexts texts = ImageTexts.None;
        int position = 2;
        while (true)
        {
            if (jpeg.Length - position < 4 || jpeg[position] != 0xFF)
                throw new ImageFormatException($"The JPEG file is cut short or damaged at byte {position}, before its pixels.");
            byte marker = jpeg[position + 1];
            if (marker is StartOfScan or EndOfImage)
                return texts;
            if (marker == 0xFF)
            {
                position++; // Fill bytes before a marker are allowed.
                continue;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(jpeg[(position + 2)..]);
            if (length < 2 || length > jpeg.Length - position - 2)
                throw new ImageFormatException($"The JPEG file is cut short inside the segment at byte {position}.");
            if (marker == App1)
                texts = Collect(texts, jpeg.Slice(position + 4, length - 2));
            position += 2 + length;
        }
    }

    private static ImageTexts Collect(ImageTexts texts, ReadOnlySpan<byte> segment)
    {
        if (segment.StartsWith(ExifSignature))
            return texts with { Parameters = ExifUserComment.Read(segment[ExifSignature.Length..]) ?? texts.Parameters };
        return segment.StartsWith(XmpSignature) ? XmpPacket.Read(segment[XmpSignature.Length..], texts) : texts;
    }

    private static void WriteSegment(ArrayBufferWriter<byte> output, string name, ReadOnlySpan<byte> signature, byte[] content)
    {
        int length = 2 + signature.Length + content.Length;
        if (length > MaxSegment)
            throw new ArgumentException($"{name} takes {length} bytes; a JPEG segment holds {MaxSegment}. Choose PNG or WebP, which have no such bound.", name);
        Span<byte> head = [0xFF, App1, (byte)(length >> 8), (byte)length];
        output.Write(head);
        output.Write(signature);
        output.Write(content);
    }
}
