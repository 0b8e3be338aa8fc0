using System.Buffers.Binary;
using System.IO.Compression;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

/// <summary>Whatever kind of pixels a stranger's file has, what comes out is 8-bit RGB, upright and opaque.</summary>
public sealed class ImageReaderColourTests
{
    private const byte Gray = 0, Rgb = 2, Palette = 3, GrayAlpha = 4, Rgba = 6;

    [Fact]
    public void Gray_becomes_equal_channels() =>
        Assert.Equal((77, 77, 77), Decode(Png(Gray, 8, [77])));

    [Fact]
    public void Sixteen_bits_are_rounded_to_eight() =>
        Assert.Equal((200, 100, 50), Decode(Png(Rgb, 16, [200, 200, 100, 100, 50, 50])));

    [Fact]
    public void Palettes_are_looked_up() =>
        Assert.Equal((9, 8, 7), Decode(Png(Palette, 8, [1], PngFile.Chunk("PLTE", [1, 2, 3, 9, 8, 7]))));

    [Theory]
    [InlineData(255, 40)]
    [InlineData(0, 255)]
    [InlineData(128, 147)]
    public void Transparent_pixels_are_laid_on_white(byte alpha, byte expected)
    {
        (byte red, byte green, byte blue) = Decode(Png(Rgba, 8, [40, 40, 40, alpha]));
        Assert.InRange(red, expected - 1, expected + 1);
        Assert.Equal((red, red), (green, blue));
        Assert.Equal(red, Decode(Png(GrayAlpha, 8, [40, alpha])).Red);
    }

    [Fact]
    public void Photographs_are_turned_upright()
    {
        RgbImage wide = Pictures.Solid(32, 16, 0, 0, 255);
        wide.Pixels.AsSpan(0, 32 * 8 * 3).Fill(250);
        byte[] jpeg = ImageEncoder.Encode(wide, ImageFileFormat.Jpeg, 100, ImageTexts.None);
        // Orientation 6: the camera was held on its side; the top row belongs to the right.
        byte[] exif = [.. "Exif\0\0MM\0*\0\0\0\b\0\u0001"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        byte[] segment = [0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif];
        RgbImage upright = ImageReader.Decode([.. jpeg[..2], .. segment, .. jpeg[2..]], 1_000);
        Assert.Equal((16, 32), (upright.Width, upright.Height));
        Assert.True(upright.At(14, 16).Red > 200 && upright.At(1, 16).Red < 50);
    }

    private static (byte Red, byte Green, byte Blue) Decode(byte[] png)
    {
        RgbImage image = ImageReader.Decode(png, 100);
        Assert.Equal((1, 1), (image.Width, image.Height));
        return image.At(0, 0);
    }

    /// <summary>A PNG of one pixel.</summary>
    private static byte[] Png(byte colourType, byte depth, byte[] pixel, byte[]? palette = null)
    {
        byte[] header = [0, 0, 0, 1, 0, 0, 0, 1, depth, colourType, 0, 0, 0];
        using MemoryStream compressed = new();
        using (ZLibStream zlib = new(compressed, CompressionLevel.Fastest))
            zlib.Write([0, .. pixel]);
        byte[] signature = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(signature, 0x89504E470D0A1A0A);
        return [.. signature, .. PngFile.Chunk("IHDR", header), .. palette ?? [], .. PngFile.Chunk("IDAT", compressed.ToArray()), .. PngFile.Chunk("IEND", [])];
    }
}
