using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace RenderFarm.Imaging.Metadata;

/// <summary>The text chunks of a PNG file (PNG third edition, 11.3.3), put in and read without touching the pixels.</summary>
/// <remarks>libvips writes every text as zTXt, which may hold Latin-1 alone and which several metadata readers skip; hence this.</remarks>
internal static class PngTexts
{
    // Signature (8), then IHDR: length (4), type (4), content (13), CRC (4).
    private const int EndOfHeader = 8 + 4 + 4 + 13 + 4;

    public static byte[] Insert(byte[] png, ImageTexts texts)
    {
        ArrayBufferWriter<byte> output = new(png.Length + 4096);
        output.Write(png.AsSpan(0, EndOfHeader));
        WriteText(output, ImageTexts.ParametersKeyword, texts.Parameters);
        WriteText(output, ImageTexts.RecipeKeyword, texts.Recipe);
        WriteText(output, ImageTexts.ProfileKeyword, texts.Profile);
        output.Write(png.AsSpan(EndOfHeader));
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="ImageFormatException">The chunks are cut short or a checksum is wrong.</exception>
    public static ImageTexts Read(ReadOnlySpan<byte> png)
    {
        ImageTexts texts = ImageTexts.None;
        int position = ImageSignature.PngLength;
        while (true)
        {
            if (png.Length - position < 12)
                throw new ImageFormatException($"The PNG file ends after {png.Length} bytes, before its IEND chunk.");
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png[position..]);
            if (length > png.Length - position - 12)
                throw new ImageFormatException($"The PNG file is cut short inside the chunk at byte {position}.");
            ReadOnlySpan<byte> type = png.Slice(position + 4, 4);
            ReadOnlySpan<byte> content = png.Slice(position + 8, (int)length);
            if (type.SequenceEqual("IEND"u8))
                return texts;
            if (type.SequenceEqual("tEXt"u8) || type.SequenceEqual("iTXt"u8) || type.SequenceEqual("zTXt"u8))
            {
                if (Crc32.HashToUInt32(png.Slice(position + 4, 4 + (int)length)) != BinaryPrimitives.ReadUInt32BigEndian(png[(position + 8 + (int)length)..]))
                    throw new ImageFormatException($"The PNG text chunk at byte {position} has a wrong checksum.");
                texts = Collect(texts, type, content);
            }

            position += 12 + (int)length;
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string keyword, string? text)
    {
        if (text is null)
            return;
        bool latin = text.All(c => c <= '\u00FF');
        ReadOnlySpan<byte> type = latin ? "tEXt"u8 : "iTXt"u8;
        // iTXt after the keyword: terminator, not compressed, method 0, empty language tag, empty translated keyword.
        ReadOnlySpan<byte> separator = latin ? [0] : [0, 0, 0, 0, 0];
        byte[] chunk = [.. type, .. Encoding.Latin1.GetBytes(keyword), .. separator, .. (latin ? Encoding.Latin1 : Encoding.UTF8).GetBytes(text)];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, chunk.Length - 4);
        output.Write(number);
        output.Write(chunk);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(chunk));
        output.Write(number);
    }

    private static ImageTexts Collect(ImageTexts texts, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        int end = content.IndexOf((byte)0);
        if (end < 0)
            return texts;
        ReadOnlySpan<byte> rest = content[(end + 1)..];
        return Encoding.Latin1.GetString(content[..end]) switch
        {
            ImageTexts.ParametersKeyword => texts with { Parameters = Decode(type, rest) },
            ImageTexts.RecipeKeyword => texts with { Recipe = Decode(type, rest) },
            ImageTexts.ProfileKeyword => texts with { Profile = Decode(type, rest) },
            _ => texts,
        };
    }

    /// <param name="type">tEXt, zTXt or iTXt.</param>
    /// <param name="rest">What follows the keyword and its terminator.</param>
    private static string Decode(ReadOnlySpan<byte> type, ReadOnlySpan<byte> rest)
    {
        if (type.SequenceEqual("tEXt"u8))
            return Encoding.Latin1.GetString(rest);
        if (type.SequenceEqual("zTXt"u8))
            return rest.IsEmpty ? "" : Encoding.Latin1.GetString(Inflate(rest[1..]));

        int language = rest.Length < 2 ? -1 : rest[2..].IndexOf((byte)0);
        int translated = language < 0 ? -1 : rest[(2 + language + 1)..].IndexOf((byte)0);
        if (translated < 0)
            throw new ImageFormatException("A PNG iTXt chunk is cut short before its text.");
        ReadOnlySpan<byte> text = rest[(2 + language + 1 + translated + 1)..];
        return Encoding.UTF8.GetString(rest[0] == 0 ? text : Inflate(text));
    }

    private static byte[] Inflate(ReadOnlySpan<byte> compressed)
    {
        using ZLibStream zlib = new(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        return LimitedInflate.ReadAll(zlib);
    }
}
