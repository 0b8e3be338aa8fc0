using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CsCheck;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

public sealed class ImageReaderTests
{
    private const int Pixels = 1_000_000;

    private static readonly string[] s_texts =
    [
        "",
        "plain",
        "a cat\nNegative prompt: blurry\nSteps: 25, Sampler: DPM++ 2M, CFG scale: 4, Seed: 1, Size: 64x64",
        "tabs\tand\r\nwindows lines\rand trailing spaces  \n\n",
        "{\"prompt\":\"<b> & \\\"quotes\\\" ]]>\",\"seed\":4294967295}",
        "naïve café — “curly” … 日本語の猫 Привет 🐈‍⬛ \u0301 \uFEFF \u202E",
        "\u0001\u001B[31m control \u007F \u0085 \uFFFE \uFFFF",
        "Ā\u0100\u0200 low bytes zero",
        new string('長', 10_000),
        string.Concat(Enumerable.Repeat("<&>", 6_000)),
    ];

    public static TheoryData<ImageFileFormat, int> Cases()
    {
        TheoryData<ImageFileFormat, int> cases = [];
        foreach (ImageFileFormat format in Enum.GetValues<ImageFileFormat>())
        {
            for (int i = 0; i < s_texts.Length; i++)
                cases.Add(format, i);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Texts_read_back_exactly(ImageFileFormat format, int index)
    {
        ImageTexts texts = new() { Parameters = s_texts[index], Recipe = s_texts[index] + "r", Profile = index % 2 == 0 ? null : "profile " + s_texts[index] };
        byte[] file = ImageEncoder.Encode(Pictures.Noisy(), format, null, texts);
        Assert.Equal(texts, ImageReader.ReadTexts(file));
        Assert.Equal(64, ImageReader.Decode(file, Pixels).Width);
    }

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.WebP)]
    public void Any_text_reads_back_exactly(ImageFileFormat format)
    {
        RgbImage image = Pictures.Solid(8, 8, 1, 2, 3);
        Gen<string> anything = Gen.Int[1, 0x10FFFF].Where(Rune.IsValid).Array[0, 40].Select(points => string.Concat(points.Select(point => new Rune(point).ToString())));
        Gen.Select(anything, anything, anything).Sample((a, b, c) =>
        {
            ImageTexts texts = new() { Parameters = a, Recipe = b, Profile = c };
            return texts == ImageReader.ReadTexts(ImageEncoder.Encode(image, format, null, texts));
        }, iter: 200);
    }

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.WebP)]
    public void Pictures_without_texts_give_nulls(ImageFileFormat format) =>
        Assert.Equal(ImageTexts.None, ImageReader.ReadTexts(ImageEncoder.Encode(Pictures.Noisy(), format, null, ImageTexts.None)));

    [Fact]
    public void Compressed_png_texts_of_other_programs_are_read()
    {
        byte[] png = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, ImageTexts.None);
        byte[] zTxt = PngFile.Chunk("zTXt", [.. "parameters\0\0"u8, .. Deflate(Encoding.Latin1.GetBytes("Größe"))]);
        byte[] iTxt = PngFile.Chunk("iTXt", [.. "renderfarm\0\u0001\0en\0Rezept\0"u8, .. Deflate("猫"u8.ToArray())]);
        ImageTexts texts = ImageReader.ReadTexts([.. png[..33], .. zTxt, .. iTxt, .. png[33..]]);
        Assert.Equal(new ImageTexts { Parameters = "Größe", Recipe = "猫" }, texts);
    }

    [Fact]
    public void Compressed_text_that_explodes_is_refused()
    {
        byte[] png = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, ImageTexts.None);
        byte[] bomb = PngFile.Chunk("zTXt", [.. "parameters\0\0"u8, .. Deflate(new byte[64 * 1024 * 1024])]);
        var e = Assert.Throws<ImageFormatException>(() => ImageReader.ReadTexts([.. png[..33], .. bomb, .. png[33..]]));
        Assert.Contains("unpacks to more than", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_text_chunk_is_refused()
    {
        byte[] png = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, new ImageTexts { Recipe = "{}" });
        png[33 + 8 + 11] ^= 1;
        Assert.Contains("checksum", Assert.Throws<ImageFormatException>(() => ImageReader.ReadTexts(png)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.WebP)]
    public void File_cut_short_anywhere_is_refused(ImageFileFormat format)
    {
        byte[] file = ImageEncoder.Encode(Pictures.Noisy(), format, null, new ImageTexts { Parameters = "a cat", Recipe = "{}" });
        foreach (int length in Enumerable.Range(0, 60).Concat([file.Length / 3, file.Length / 2, file.Length - (file.Length / 4)]))
            Assert.Throws<ImageFormatException>(() => ImageReader.Decode(file[..length], Pixels));
    }

    [Fact]
    public void Picture_above_the_bound_is_refused_before_decoding()
    {
        byte[] png = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, ImageTexts.None);
        byte[] header = png[16..29];
        BinaryPrimitives.WriteInt32BigEndian(header, 30_000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 30_000);
        byte[] forged = [.. png[..8], .. PngFile.Chunk("IHDR", header), .. png[33..]];
        var e = Assert.Throws<ImageFormatException>(() => ImageReader.Decode(forged, 2_048 * 2_048));
        Assert.Equal("The picture has 30000×30000 pixels; at most 4194304 are accepted.", e.Message);
    }

    [Theory]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")]
    [InlineData("GIF89a\u0001\0\u0001\0")]
    [InlineData("%PDF-1.7")]
    [InlineData("RIFF\0\0\0\0WAVEfmt ")]
    [InlineData("")]
    public void Other_files_are_refused_by_name_of_what_is_needed(string content)
    {
        byte[] file = Encoding.Latin1.GetBytes(content);
        Assert.Contains("PNG, JPEG or WebP", Assert.Throws<ImageFormatException>(() => ImageReader.Decode(file, Pixels)).Message, StringComparison.Ordinal);
        Assert.Throws<ImageFormatException>(() => ImageReader.ReadTexts(file));
    }

    [Fact]
    public void Noise_after_a_signature_never_escapes_as_another_exception()
    {
        byte[][] files = [.. Enum.GetValues<ImageFileFormat>().Select(format => ImageEncoder.Encode(Pictures.Noisy(), format, null, new ImageTexts { Parameters = "p", Recipe = "{}" }))];
        Gen.Select(Gen.Int[0, 2], Gen.Int[8, 200], Gen.Byte.Array[1, 12]).Sample((which, at, noise) =>
        {
            byte[] file = [.. files[which]];
            noise.CopyTo(file, at);
            Try(() => ImageReader.ReadTexts(file));
            Try(() => ImageReader.Decode(file, Pixels));
        }, iter: 2_000);

        static void Try(Func<object> read)
        {
            try
            {
                read();
            }
            catch (ImageFormatException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    private static byte[] Deflate(byte[] content)
    {
        using MemoryStream output = new();
        using (ZLibStream zlib = new(output, CompressionLevel.Fastest))
            zlib.Write(content);
        return output.ToArray();
    }
}
