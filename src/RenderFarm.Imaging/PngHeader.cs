using System.Buffers.Binary;
using RenderFarm.Imaging.Metadata;

namespace RenderFarm.Imaging;

/// <summary>What the first bytes of a PNG say, for pictures whose pixels are not needed.</summary>
public static class PngHeader
{
    /// <summary>Bytes to read: the signature, the length and name of the first chunk, and the two sides.</summary>
    public const int Length = 24;

    /// <summary>Width and height in pixels.</summary>
    /// <param name="start">The file's first <see cref="Length"/> bytes, or more.</param>
    /// <exception cref="ImageFormatException">This is no PNG, or it is cut short.</exception>
    public static (int Width, int Height) ReadSize(ReadOnlySpan<byte> start)
    {
        if (ImageSignature.Recognize(start) != ImageFileFormat.Png || start.Length < Length || !start[12..16].SequenceEqual("IHDR"u8))
            throw new ImageFormatException("The file is no PNG, or it is cut short within its header.");
        int width = BinaryPrimitives.ReadInt32BigEndian(start[16..]), height = BinaryPrimitives.ReadInt32BigEndian(start[20..]);
        return width > 0 && height > 0 ? (width, height) : throw new ImageFormatException($"The PNG says that it has {width}×{height} pixels.");
    }
}
