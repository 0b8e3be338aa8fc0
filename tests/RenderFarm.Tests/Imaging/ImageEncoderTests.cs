using System.Text;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

public sealed class ImageEncoderTests
{
    private const int Pixels = 1_000_000;

    public static TheoryData<ImageFileFormat> Formats => [ImageFileFormat.Png, ImageFileFormat.Jpeg, ImageFileFormat.WebP];

    [Fact]
    public void Png_gives_back_every_pixel()
    {
        RgbImage image = Pictures.Noisy();
        RgbImage back = ImageReader.Decode(ImageEncoder.Encode(image, ImageFileFormat.Png, null, ImageTexts.None), Pixels);
        Assert.Equal((image.Width, image.Height), (back.Width, back.Height));
        Assert.Equal(image.Pixels, back.Pixels);
    }

    [Theory]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.WebP)]
    public void Lossy_formats_stay_close_and_closer_with_quality(ImageFileFormat format)
    {
        RgbImage image = Pictures.Noisy();
        double Loss(int? quality) => PeakSignalToNoise.Decibels(image, ImageReader.Decode(ImageEncoder.Encode(image, format, quality, ImageTexts.None), Pixels));
        Assert.InRange(Loss(null), 28, 60);
        Assert.InRange(Loss(5), 10, Loss(null) - 1);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Equal_input_gives_equal_bytes_on_many_threads(ImageFileFormat format)
    {
        RgbImage image = Pictures.Noisy(128, 96);
        ImageTexts texts = new() { Parameters = "a красный circle\nSteps: 25", Recipe = """{"seed":1}""", Profile = "ort 1.31" };
        byte[] first = ImageEncoder.Encode(image, format, null, texts);
        byte[][] others = new byte[64][];
        Parallel.For(0, others.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => others[i] = ImageEncoder.Encode(image, format, null, texts));
        Assert.All(others, other => Assert.Equal(first, other));
    }

    [Theory]
    [InlineData(ImageFileFormat.Jpeg, 0)]
    [InlineData(ImageFileFormat.WebP, 101)]
    [InlineData(ImageFileFormat.Png, -1)]
    public void Quality_out_of_range_is_refused(ImageFileFormat format, int quality)
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => ImageEncoder.Encode(Pictures.Noisy(), format, quality, ImageTexts.None));
        Assert.Contains("1 to 100", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Latin_text_is_a_tEXt_chunk_right_after_the_header()
    {
        PngFile png = new(ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, new ImageTexts { Parameters = "café\nSteps: 20, Sampler: Euler a" }));
        Assert.Equal(["IHDR", "tEXt"], png.Types[..2]);
        Assert.Equal("parameters\0café\nSteps: 20, Sampler: Euler a", Encoding.Latin1.GetString(png.Chunks[1].Content));
    }

    [Fact]
    public void Other_text_is_an_uncompressed_iTXt_chunk()
    {
        PngFile png = new(ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, new ImageTexts { Recipe = """{"prompt":"赤い円 🔴"}""" }));
        Assert.Equal(["IHDR", "iTXt"], png.Types[..2]);
        Assert.Equal("renderfarm\0\0\0\0\0{\"prompt\":\"赤い円 🔴\"}", Encoding.UTF8.GetString(png.Chunks[1].Content));
    }

    [Fact]
    public void Png_holds_nothing_that_varies()
    {
        PngFile png = new(ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, ImageTexts.None));
        Assert.Empty(png.Types.Except(["IHDR", "IDAT", "IEND", "pHYs"]));
    }

    [Fact]
    public void Text_that_would_not_read_back_is_refused()
    {
        AssertRefused("a\0b", "U+0000 at index 1");
        AssertRefused("ab\uD800", "at index 2");
        AssertRefused("\uDC00", "at index 0");
    }

    [Fact]
    public void Picture_beyond_the_format_is_refused_with_the_way_out()
    {
        RgbImage wide = Pictures.Solid(16_384, 1, 1, 2, 3);
        var e = Assert.Throws<ArgumentException>(() => ImageEncoder.Encode(wide, ImageFileFormat.WebP, null, ImageTexts.None));
        Assert.Contains("at most 16383 pixels a side, not 16384×1. Choose PNG.", e.Message, StringComparison.Ordinal);
        Assert.Equal(wide.Pixels, ImageReader.Decode(ImageEncoder.Encode(wide, ImageFileFormat.Png, null, ImageTexts.None), Pixels).Pixels);
    }

    [Fact]
    public void Parameters_beyond_a_jpeg_segment_are_refused_with_the_way_out()
    {
        ImageTexts texts = new() { Parameters = new string('x', 40_000) };
        var e = Assert.Throws<ArgumentException>(() => ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Jpeg, null, texts));
        Assert.Contains("Choose PNG or WebP", e.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string text, string reason)
    {
        var e = Assert.Throws<ArgumentException>(() => ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, new ImageTexts { Parameters = text }));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal("Parameters", e.ParamName);
    }
}
