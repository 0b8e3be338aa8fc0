using System.Buffers.Binary;

namespace RenderFarm.Imaging.Metadata;

/// <summary>Whether a file is one still picture and nothing else, told from its structure before anything decodes it.</summary>
internal static class FileFrame
{
    private const int PngChunk = 12;
    private const int RiffHeader = 8;

    /// <exception cref="ImageFormatException">It is cut short, an animation, or followed by something else.</exception>
    public static void Check(ImageFileFormat format, ReadOnlySpan<byte> file)
    {
        int end = format switch
        {
            ImageFileFormat.Png => PngEnd(file),
            ImageFileFormat.Jpeg => JpegEnd(file),
            _ => WebPEnd(file),
        };
        ReadOnlySpan<byte> rest = file[end..];
        // Telephones append depth maps and previews to JPEG files: further JPEG pictures, which no one looks at.
        if (format == ImageFileFormat.Jpeg && rest.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return;
        if (rest.ContainsAnyExcept((byte)0))
            throw new ImageFormatException($"The {Name(format)} picture ends after {end} bytes and is followed by {rest.Length} bytes of something else; a file with nothing but the picture is needed.");
    }

    private static int PngEnd(ReadOnlySpan<byte> file)
    {
        for (int position = ImageSignature.PngLength; file.Length - position >= PngChunk;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[position..]);
            if (length > file.Length - position - PngChunk)
                break;
            ReadOnlySpan<byte> type = file.Slice(position + 4, 4);
            if (type.SequenceEqual("acTL"u8))
                throw Animated(ImageFileFormat.Png);
            position += PngChunk + (int)length;
            if (type.SequenceEqual("IEND"u8))
                return position;
        }

        throw CutShort(ImageFileFormat.Png);
    }

    private static int WebPEnd(ReadOnlySpan<byte> file)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(file[4..]);
        if (length > file.Length - RiffHeader)
            throw CutShort(ImageFileFormat.WebP);
        int end = RiffHeader + (int)length;
        for (int position = 12; end - position >= 8;)
        {
            if (file.Slice(position, 4).SequenceEqual("ANIM"u8))
                throw Animated(ImageFileFormat.WebP);
            long next = position + 8L + BinaryPrimitives.ReadUInt32LittleEndian(file[(position + 4)..]);
            next += next & 1;
            if (next > end + 1L)
                throw CutShort(ImageFileFormat.WebP);
            position = (int)next;
        }

        return end;
    }

    /// <summary>Walks segments and, between them, entropy-coded pixels, in which FF is always followed by 00 or a restart marker (ITU T.81 B.1.1).</summary>
    private static int JpegEnd(ReadOnlySpan<byte> file)
    {
        bool inPixels = false;
        for (int position = 2; file.Length - position >= 2;)
        {
            byte marker = file[position + 1];
            if (file[position] != 0xFF)
            {
                if (!inPixels)
                    break;
                int next = file[position..].IndexOf((byte)0xFF);
                if (next < 0)
                    break;
                position += next;
            }
            else if (marker == 0xFF)
            {
                position++;
            }
            else if (marker is 0x00 or 0x01 or (>= 0xD0 and <= 0xD8))
            {
                position += 2;
            }
            else if (marker == 0xD9)
            {
                return position + 2;
            }
            else
            {
                if (file.Length - position < 4)
                    break;
                inPixels = marker == 0xDA;
                position += 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(position + 2)..]);
            }
        }

        throw CutShort(ImageFileFormat.Jpeg);
    }

    private static ImageFormatException CutShort(ImageFileFormat format) => new($"The {Name(format)} file is cut short or damaged; a whole picture is needed.");

    private static ImageFormatException Animated(ImageFileFormat format) => new($"The {Name(format)} file is an animation; a still picture is needed.");

    private static string Name(ImageFileFormat format) => format == ImageFileFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();
}
