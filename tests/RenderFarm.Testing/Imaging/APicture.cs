using System.Buffers.Binary;
using RenderFarm.Imaging;

namespace RenderFarm.Testing.Imaging;

/// <summary>Pictures drawn in code, and files of them.</summary>
public static class APicture
{
    /// <summary>A coloured disc in the middle of a ground of one colour.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="disc">Red, green and blue of the disc.</param>
    /// <param name="ground">Red, green and blue around it.</param>
    public static RgbImage Disc(int width, int height, (byte R, byte G, byte B) disc, (byte R, byte G, byte B) ground)
    {
        var pixels = new byte[width * height * 3];
        var radius = Math.Min(width, height) / 3.0;
        for (var i = 0; i < width * height; i++)
        {
            var (x, y) = ((i % width) - ((width - 1) / 2.0), (i / width) - ((height - 1) / 2.0));
            var (r, g, b) = (x * x) + (y * y) <= radius * radius ? disc : ground;
            (pixels[i * 3], pixels[(i * 3) + 1], pixels[(i * 3) + 2]) = (r, g, b);
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>A red disc on white.</summary>
    public static RgbImage RedDisc(int width = 64, int height = 64) => Disc(width, height, (220, 30, 30), (255, 255, 255));

    /// <summary>A mask: white in the middle, black around it.</summary>
    public static RgbImage Mask(int width = 64, int height = 64) => Disc(width, height, (255, 255, 255), (0, 0, 0));

    /// <summary>A picture as a PNG file without texts.</summary>
    public static byte[] ToPng(this RgbImage image) => ImageEncoder.Encode(image, ImageFileFormat.Png, null, ImageTexts.None);

    /// <summary>A picture as it is carried within a request.</summary>
    public static string ToDataUrl(this RgbImage image) => "data:image/png;base64," + Convert.ToBase64String(image.ToPng());

    /// <summary>A small PNG file whose header says that the picture is of another size.</summary>
    public static byte[] Forged(int width, int height)
    {
        var png = RedDisc().ToPng();
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Checksum(png.AsSpan(12, 17)));
        return png;
    }

    // CRC-32 as PNG has it (ISO 3309), bit by bit: a header is short.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        return ~crc;
    }
}
