using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CsCheck;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

/// <summary>Files that strangers send: what is refused, with which sentence, and what is accepted as what.</summary>
public sealed class InputPictureTests
{
    private const string CutShort = "file is cut short or damaged";

    private static readonly byte[] s_png = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Png, null, ImageTexts.None);
    private static readonly byte[] s_jpeg = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Jpeg, null, ImageTexts.None);
    private static readonly byte[] s_webp = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.WebP, null, ImageTexts.None);
    private static readonly byte[] s_zip = [.. "PK\u0003\u0004"u8, .. new byte[40], .. "PK\u0005\u0006"u8, .. new byte[18]];

    private static readonly Dictionary<string, (byte[] File, string Reason)> s_hostile = new()
    {
        ["nothing"] = ([], "The file is empty; a PNG, JPEG or WebP picture is needed."),
        ["one zero"] = ([0], "is not a PNG, JPEG or WebP picture"),
        ["text"] = ("prompt: a cat"u8.ToArray(), "is not a PNG, JPEG or WebP picture"),
        ["SVG"] = ("<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"u8.ToArray(), "is not a PNG, JPEG or WebP picture"),
        ["GIF"] = ("GIF89a\u0001\0\u0001\0\0\0\0;"u8.ToArray(), "is not a PNG, JPEG or WebP picture"),
        ["PDF"] = ("%PDF-1.7\n%%EOF"u8.ToArray(), "is not a PNG, JPEG or WebP picture"),
        ["TIFF"] = ([0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 0, 0], "is not a PNG, JPEG or WebP picture"),
        ["ZIP"] = (s_zip, "is not a PNG, JPEG or WebP picture"),
        ["ImageMagick script"] = ("push graphic-context\nviewbox 0 0 9 9\nfill 'url(https://a/|ls)'"u8.ToArray(), "is not a PNG, JPEG or WebP picture"),
        ["WAVE in RIFF"] = ("RIFF\u0004\0\0\0WAVE"u8.ToArray(), "is not a PNG, JPEG or WebP picture"),
        ["PNG signature alone"] = (s_png[..8], CutShort),
        ["JPEG signature alone"] = (s_jpeg[..3], CutShort),
        ["WebP signature alone"] = (s_webp[..12], CutShort),
        ["PNG cut in its pixels"] = (s_png[..(s_png.Length / 2)], CutShort),
        ["PNG without its end"] = (s_png[..^12], CutShort),
        ["JPEG cut in its pixels"] = (s_jpeg[..(s_jpeg.Length / 2)], CutShort),
        ["JPEG without its end"] = (s_jpeg[..^2], CutShort),
        ["WebP cut in its pixels"] = (s_webp[..(s_webp.Length / 2)], CutShort),
        ["PNG with a wrong checksum"] = (Changed(s_png, s_png.Length - 20), CutShort),
        ["PNG header of 30000×30000"] = (ForgedPng(30_000, 30_000), "has 30000×30000 pixels; at most 4194304 are accepted"),
        ["PNG header of 2³¹−1 columns"] = (ForgedPng(int.MaxValue, 1), ""),
        ["PNG header of 0×0"] = (ForgedPng(0, 0), CutShort),
        ["PNG one column too wide"] = (ForgedPng(2_049, 2_048), "has 2049×2048 pixels; at most 4194304 are accepted"),
        ["JPEG header of 65500×65500"] = (ForgedJpeg(65_500, 65_500), "has 65500×65500 pixels; at most 4194304 are accepted"),
        ["WebP header of 16383×16383"] = (ForgedWebP(), "has 16383×16383 pixels; at most 4194304 are accepted"),
        ["PNG chunk longer than the file"] = ([.. s_png[..33], 0x7F, 0xFF, 0xFF, 0xFF, .. "tEXt"u8, .. new byte[20]], CutShort),
        ["animated PNG"] = ([.. s_png[..33], .. PngFile.Chunk("acTL", [0, 0, 0, 2, 0, 0, 0, 0]), .. s_png[33..]], "is an animation; a still picture is needed"),
        ["animated WebP"] = (AnimatedWebP(), "is an animation; a still picture is needed"),
        ["PNG and ZIP in one"] = ([.. s_png, .. s_zip], "is followed by 66 bytes of something else"),
        ["JPEG and ZIP in one"] = ([.. s_jpeg, .. s_zip], "is followed by 66 bytes of something else"),
        ["WebP and page in one"] = ([.. s_webp, .. "<script>alert(1)</script>"u8], "is followed by 25 bytes of something else"),
        ["too many bytes"] = ([.. s_png, .. new byte[InputPicture.MaxBytes]], "bytes; at most 20971520 are accepted"),
    };

    public static TheoryData<string> Hostile => [.. s_hostile.Keys];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_file_is_refused_with_its_field_and_a_reason(string name)
    {
        (byte[] file, string reason) = s_hostile[name];
        var refused = Assert.Throws<ImageFormatException>(() => InputPicture.Read("initial_image", file));
        Assert.Equal("initial_image", refused.Field);
        Assert.StartsWith("initial_image: The ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusing_a_bomb_takes_no_memory_for_its_pixels()
    {
        byte[] bomb = ForgedPng(30_000, 30_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ImageFormatException>(() => InputPicture.Read("mask", bomb));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void Pixels_that_unpack_to_far_more_than_the_picture_holds_are_not_unpacked()
    {
        byte[] bomb = Bomb();
        long before = Environment.WorkingSet;
        try
        {
            Assert.Equal(8, InputPicture.Read("mask", bomb).Width);
        }
        catch (ImageFormatException refused)
        {
            Assert.Equal("mask", refused.Field);
        }

        Assert.True(Environment.WorkingSet - before < 100_000_000);
    }

    [Fact]
    public void Largest_picture_is_2048_by_2048() =>
        Assert.Equal(2_048, InputPicture.Read("mask", ImageEncoder.Encode(Pictures.Solid(2_048, 2_048, 9, 9, 9), ImageFileFormat.Png, null, ImageTexts.None)).Height);

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.WebP)]
    public void Our_own_files_are_accepted_with_all_their_texts(ImageFileFormat format)
    {
        byte[] file = ImageEncoder.Encode(Pictures.Noisy(), format, null, new ImageTexts { Parameters = "a cat", Recipe = "{}", Profile = "p" });
        Assert.Equal(ImageReader.Decode(file, 10_000).Pixels, InputPicture.Read("mask", file).Pixels);
        // Some programs round files up to whole blocks.
        Assert.Equal(64, InputPicture.Read("mask", [.. file, .. new byte[100]]).Width);
    }

    [Fact]
    public void Further_pictures_that_a_telephone_appends_to_a_JPEG_are_not_looked_at() =>
        Assert.Equal(InputPicture.Read("mask", s_jpeg).Pixels, InputPicture.Read("mask", [.. s_jpeg, .. s_jpeg]).Pixels);

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.WebP)]
    public void Any_damage_ends_in_pixels_or_in_a_sentence(ImageFileFormat format)
    {
        byte[] file = format switch { ImageFileFormat.Png => s_png, ImageFileFormat.Jpeg => s_jpeg, _ => s_webp };
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Int[1, file.Length], Gen.Byte.Array[1, 16]).Sample((at, length, noise) =>
        {
            byte[] damaged = file[..length];
            noise.AsSpan(0, Math.Min(noise.Length, Math.Max(0, length - at))).CopyTo(damaged.AsSpan(Math.Min(at, length)));
            try
            {
                return InputPicture.Read("mask", damaged).Width > 0;
            }
            catch (ImageFormatException refused)
            {
                return refused.Field == "mask";
            }
        }, iter: 1_000);
    }

    private static byte[] Changed(byte[] file, int at)
    {
        byte[] changed = [.. file];
        changed[at] ^= 1;
        return changed;
    }

    private static byte[] ForgedPng(int width, int height)
    {
        byte[] header = s_png[16..29];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        return [.. s_png[..8], .. PngFile.Chunk("IHDR", header), .. s_png[33..]];
    }

    private static byte[] ForgedJpeg(int width, int height)
    {
        byte[] forged = [.. s_jpeg];
        int frame = forged.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(forged.AsSpan(frame + 5), (ushort)height);
        BinaryPrimitives.WriteUInt16BigEndian(forged.AsSpan(frame + 7), (ushort)width);
        return forged;
    }

    /// <summary>A lossy frame whose header says 16383×16383: RIFF header (12), chunk header (8), frame tag (3), start code (3), then both sides.</summary>
    private static byte[] ForgedWebP()
    {
        byte[] forged = [.. s_webp];
        BinaryPrimitives.WriteUInt16LittleEndian(forged.AsSpan(26), 16_383);
        BinaryPrimitives.WriteUInt16LittleEndian(forged.AsSpan(28), 16_383);
        return forged;
    }

    private static byte[] AnimatedWebP() => Riff([.. "VP8X"u8, 10, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 7, 0, 0, .. "ANIM"u8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    private static byte[] Riff(byte[] chunks)
    {
        byte[] file = [.. "RIFF\0\0\0\0WEBP"u8, .. chunks];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        return file;
    }

    /// <summary>256 MB of zeros, packed into 256 KB, as the pixels of a picture of 8×8.</summary>
    private static byte[] Bomb()
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 256; i++)
                zlib.Write(zeros);
        }

        byte[] header = [0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0];
        return [.. s_png[..8], .. PngFile.Chunk("IHDR", header), .. PngFile.Chunk("IDAT", packed.ToArray()), .. PngFile.Chunk("IEND", [])];
    }
}
