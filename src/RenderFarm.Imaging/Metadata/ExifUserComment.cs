using System.Buffers.Binary;
using System.Text;

namespace RenderFarm.Imaging.Metadata;

/// <summary>The one EXIF tag that tools of this field read: UserComment (0x9286), as A1111 writes it through piexif.</summary>
/// <remarks>A big-endian TIFF block, "UNICODE\0", UTF-16 in the byte order of the block (Exif 2.32, 4.6.5).</remarks>
internal static class ExifUserComment
{
    private const ushort ExifDirectoryTag = 0x8769;
    private const ushort UserCommentTag = 0x9286;
    private const ushort LongType = 4;
    private const ushort UndefinedType = 7;
    private const int FirstDirectory = 8;
    private const int DirectoryLength = 2 + 12 + 4;
    private const int CommentOffset = FirstDirectory + (2 * DirectoryLength);

    private static ReadOnlySpan<byte> UnicodePrefix => "UNICODE\0"u8;

    private static ReadOnlySpan<byte> AsciiPrefix => "ASCII\0\0\0"u8;

    /// <returns>The TIFF block, without the "Exif\0\0" that JPEG puts before it.</returns>
    public static byte[] Write(string text)
    {
        byte[] comment = [.. UnicodePrefix, .. Encoding.BigEndianUnicode.GetBytes(text)];
        byte[] block = new byte[CommentOffset + comment.Length];
        "MM\0*"u8.CopyTo(block);
        BinaryPrimitives.WriteInt32BigEndian(block.AsSpan(4), FirstDirectory);
        WriteDirectory(block.AsSpan(FirstDirectory), ExifDirectoryTag, LongType, 1, FirstDirectory + DirectoryLength);
        WriteDirectory(block.AsSpan(FirstDirectory + DirectoryLength), UserCommentTag, UndefinedType, comment.Length, CommentOffset);
        comment.CopyTo(block, CommentOffset);
        return block;
    }

    /// <param name="block">A TIFF block in either byte order.</param>
    /// <returns>The comment, or null where there is none; damaged blocks count as none, since every camera writes its own dialect.</returns>
    public static string? Read(ReadOnlySpan<byte> block)
    {
        bool bigEndian = block.StartsWith("MM"u8);
        if (block.Length < FirstDirectory || (!bigEndian && !block.StartsWith("II"u8)))
            return null;
        if (Find(block, bigEndian, Number(block[4..], bigEndian), ExifDirectoryTag) is not { } pointer)
            return null;
        if (Find(block, bigEndian, pointer.Offset, UserCommentTag) is not { } comment || comment.Offset + (long)comment.Count > block.Length)
            return null;

        ReadOnlySpan<byte> content = block.Slice((int)comment.Offset, (int)comment.Count);
        if (content.StartsWith(UnicodePrefix))
            return (bigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode).GetString(content[8..]);
        return content.StartsWith(AsciiPrefix) ? Encoding.UTF8.GetString(content[8..]).TrimEnd('\0') : null;
    }

    private static void WriteDirectory(Span<byte> directory, ushort tag, ushort type, int count, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(directory, 1);
        BinaryPrimitives.WriteUInt16BigEndian(directory[2..], tag);
        BinaryPrimitives.WriteUInt16BigEndian(directory[4..], type);
        BinaryPrimitives.WriteInt32BigEndian(directory[6..], count);
        BinaryPrimitives.WriteInt32BigEndian(directory[10..], value);
    }

    private static (uint Count, uint Offset)? Find(ReadOnlySpan<byte> block, bool bigEndian, uint directory, ushort tag)
    {
        if (directory > block.Length - 2)
            return null;
        int entries = Short(block[(int)directory..], bigEndian);
        for (int i = 0; i < entries; i++)
        {
            long start = directory + 2L + (12L * i);
            if (start + 12 > block.Length)
                return null;
            ReadOnlySpan<byte> entry = block.Slice((int)start, 12);
            if (Short(entry, bigEndian) == tag)
                return (Number(entry[4..], bigEndian), Number(entry[8..], bigEndian));
        }

        return null;
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint Number(ReadOnlySpan<byte> bytes, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
