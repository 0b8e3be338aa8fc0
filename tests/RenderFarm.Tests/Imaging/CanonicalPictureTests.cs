using System.Security.Cryptography;
using System.Text;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

public sealed class CanonicalPictureTests
{
    private const int Pixels = 1_000_000;

    [Fact]
    public void Digest_is_the_SHA_256_of_the_picture_as_a_binary_PPM_file()
    {
        RgbImage image = Pictures.Noisy(7, 5);
        byte[] ppm = [.. Encoding.ASCII.GetBytes("P6\n7 5\n255\n"), .. image.Pixels];
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(ppm)), PictureDigest.Of(image));
    }

    [Fact]
    public void Same_pixels_have_the_same_digest_whatever_is_written_beside_them()
    {
        RgbImage image = Pictures.Noisy();
        byte[] bare = ImageEncoder.Encode(image, ImageFileFormat.Png, null, ImageTexts.None);
        byte[] texted = ImageEncoder.Encode(image, ImageFileFormat.Png, null, new ImageTexts { Parameters = "secret", Recipe = "{}" });
        Assert.NotEqual(bare, texted);
        CanonicalPicture first = CanonicalPicture.FromFile(bare, Pixels), second = CanonicalPicture.FromFile(texted, Pixels);
        Assert.Equal(PictureDigest.Of(image), first.Digest);
        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(first.File, second.File);
    }

    [Fact]
    public void Kept_file_is_a_PNG_with_pixels_and_no_word_of_its_sender()
    {
        byte[] texted = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Jpeg, null, new ImageTexts { Parameters = "secret" });
        CanonicalPicture kept = CanonicalPicture.FromFile(texted, Pixels);
        Assert.Equal(["IHDR", "pHYs", "IDAT", "IEND"], new PngFile(kept.File).Types.Distinct());
        Assert.Equal(kept.Digest, PictureDigest.Of(ImageReader.Decode(kept.File, Pixels)));
    }

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.WebP)]
    public void File_that_goes_on_after_its_picture_is_refused(ImageFileFormat format)
    {
        byte[] file = ImageEncoder.Encode(Pictures.Noisy(), format, null, ImageTexts.None);
        Assert.Throws<ImageFormatException>(() => CanonicalPicture.FromFile([.. file, .. "<script>alert(1)</script>"u8], Pixels));
    }

    [Fact]
    public void Picture_of_the_same_bytes_and_another_shape_has_another_digest() =>
        Assert.NotEqual(PictureDigest.Of(Pictures.Solid(2, 3, 1, 1, 1)), PictureDigest.Of(Pictures.Solid(3, 2, 1, 1, 1)));

    [Fact]
    public void Header_tells_the_size_of_a_PNG()
    {
        CanonicalPicture kept = CanonicalPicture.Of(Pictures.Noisy(70, 20));
        Assert.Equal((70, 20), PngHeader.ReadSize(kept.File.AsSpan(0, PngHeader.Length)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(PngHeader.Length - 1)]
    public void Header_that_is_cut_short_is_refused(int length)
    {
        byte[] file = CanonicalPicture.Of(Pictures.Noisy()).File[..length];
        Assert.Throws<ImageFormatException>(() => PngHeader.ReadSize(file));
    }

    [Fact]
    public void Header_of_another_format_is_refused()
    {
        byte[] jpeg = ImageEncoder.Encode(Pictures.Noisy(), ImageFileFormat.Jpeg, null, ImageTexts.None);
        Assert.Throws<ImageFormatException>(() => PngHeader.ReadSize(jpeg));
    }
}
