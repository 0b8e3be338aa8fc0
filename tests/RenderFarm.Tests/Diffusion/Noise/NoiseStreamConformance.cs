using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RenderFarm.Diffusion.Noise;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Noise;

/// <summary>What every noise stream promises; inherited once per implementation.</summary>
public abstract class NoiseStreamConformance
{
    /// <summary>SHA-256 of the bytes of the first 1×4×64×64 draw of seed 42.</summary>
    protected abstract string DigestOfSeed42 { get; }

    protected abstract INoiseStream Create(uint seed);

    [Fact]
    public void Bits_of_a_seed_never_change()
    {
        // Recipes name a seed; a change of these bits changes every image ever made from one.
        var bytes = MemoryMarshal.AsBytes<float>(Draw(Create(42), 4 * 64 * 64));
        Assert.Equal(DigestOfSeed42, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    [Fact]
    public void Equal_seeds_give_equal_draws() => Assert.Equal(Draw(Create(7), 4096), Draw(Create(7), 4096));

    [Fact]
    public void Different_seeds_give_different_draws() => Assert.NotEqual(Draw(Create(7), 64), Draw(Create(8), 64));

    [Fact]
    public void Successive_draws_differ()
    {
        var stream = Create(7);
        Assert.NotEqual(Draw(stream, 64), Draw(stream, 64));
    }

    [Fact]
    public void A_stream_does_not_notice_its_neighbours()
    {
        var alone = Create(1);
        float[][] expected = [Draw(alone, 5), Draw(alone, 256), Draw(alone, 3)];
        var (stream, neighbour) = (Create(1), Create(2));
        foreach (var draw in expected)
        {
            Draw(neighbour, 17);
            Assert.Equal(draw, Draw(stream, draw.Length));
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(16384)]
    public void A_draw_allocates_nothing(int length)
    {
        var stream = Create(3);
        var buffer = new float[length];
        stream.Draw(buffer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        stream.Draw(buffer);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Draws_are_unit_normals()
    {
        var draw = Draw(Create(12345), 1 << 16);
        var mean = draw.Average();
        var variance = draw.Average(value => (double)value * value);
        var fourth = draw.Average(value => Math.Pow(value, 4));

        // Five standard errors of each estimate over 65,536 draws.
        Assert.InRange(mean, -0.02, 0.02);
        Assert.InRange(variance, 0.972, 1.028);
        Assert.InRange(fourth, 2.8, 3.2);
    }

    private static float[] Draw(INoiseStream stream, int length)
    {
        var draw = new float[length];
        stream.Draw(draw);
        return draw;
    }
}
