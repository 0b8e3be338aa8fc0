using CsCheck;
using RenderFarm.Diffusion.Safety;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Safety;

public sealed class BicubicResamplingTests
{
    [Fact]
    public void Same_size_changes_nothing()
    {
        var image = Ramp(7, 5);
        Assert.Equal(image.Pixels, BicubicResampling.Resize(image, 7, 5).Pixels);
    }

    [Fact]
    public void Plain_colour_stays_as_it_is_at_any_size() => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 60], Gen.Int[1, 60], Gen.Byte).Sample((width, height, toWidth, toHeight, value) =>
    {
        var image = new RgbImage(width, height, [.. Enumerable.Repeat(value, width * height * 3)]);
        var resized = BicubicResampling.Resize(image, toWidth, toHeight);
        Assert.Equal((toWidth, toHeight), (resized.Width, resized.Height));
        Assert.All(resized.Pixels, pixel => Assert.Equal(value, pixel));
    });

    [Fact]
    public void Halving_weighs_eight_neighbours_with_the_widened_kernel()
    {
        // Weights of the kernel at ±1/4, ±3/4, ±5/4 and ±7/4, over their sum 2: (111, 29, −9, −3) / 128 for a = −1/2.
        var row = new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0 };
        var image = new RgbImage(16, 1, [.. row.SelectMany(value => new[] { value, value, value })]);
        var halved = BicubicResampling.Resize(image, 8, 1).Pixels.Where((_, i) => i % 3 == 0).ToArray();
        double[] kernel = [111 / 128.0, 29 / 128.0, -9 / 128.0, -3 / 128.0];
        // Byte 8 lies at distance 1/4 from the fourth pixel's right (centre 9), 3/4 from the third's (centre 7), then 5/4 and 7/4.
        var expected = new[] { (4, kernel[0]), (3, kernel[1]), (5, kernel[2]), (2, kernel[3]) };
        foreach (var (pixel, weight) in expected) Assert.Equal(Math.Clamp(Math.Round(200 * weight / 2), 0, 255), halved[pixel]);
    }

    [Fact]
    public void Mirrored_picture_gives_the_mirrored_result()
    {
        var image = Ramp(13, 3);
        var mirrored = new RgbImage(13, 3, Mirror(image.Pixels, 13));
        Assert.Equal(Mirror(BicubicResampling.Resize(image, 6, 3).Pixels, 6), BicubicResampling.Resize(mirrored, 6, 3).Pixels);
    }

    private static byte[] Mirror(byte[] pixels, int width) => [.. pixels.Chunk(3 * width).SelectMany(row => row.Chunk(3).Reverse().SelectMany(pixel => pixel))];

    private static RgbImage Ramp(int width, int height) => new(width, height, [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)(i * 37 % 256))]);
}
