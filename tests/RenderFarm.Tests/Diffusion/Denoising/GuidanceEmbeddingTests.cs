using RenderFarm.Diffusion.Denoising;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Denoising;

public sealed class GuidanceEmbeddingTests
{
    [Theory]
    [InlineData(8.5)]
    [InlineData(2)]
    [InlineData(1.25)]
    public void Embedding_is_the_sine_and_cosine_of_frequencies_that_fall_to_one_ten_thousandth(double scale)
    {
        var embedding = GuidanceEmbedding.Of(scale, 256);
        for (var i = 0; i < 128; i++)
        {
            var angle = 1000 * (scale - 1) * Math.Pow(10_000, -i / 127.0);
            // An angle of 7,500 in float32 is known to 5e-4.
            Assert.Equal(Math.Sin(angle), embedding[i], 2e-3);
            Assert.Equal(Math.Cos(angle), embedding[128 + i], 2e-3);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void Guidance_that_is_off_is_the_angle_0(double scale) =>
        Assert.Equal([.. Enumerable.Repeat(0f, 16), .. Enumerable.Repeat(1f, 16)], GuidanceEmbedding.Of(scale, 32));

    [Fact]
    public void Last_of_an_odd_number_is_0() => Assert.Equal(0, GuidanceEmbedding.Of(3, 33)[32]);

    [Fact]
    public void Scales_differ_so_that_ignoring_one_shows() =>
        Assert.Equal(20, Enumerable.Range(1, 20).Select(scale => string.Join(' ', GuidanceEmbedding.Of(scale, 256))).Distinct().Count());
}
