using CsCheck;
using RenderFarm.Diffusion.Noise;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Noise;

public sealed class VariationNoiseTests
{
    private static readonly Gen<float[]> Noise = Gen.UInt.Select(seed =>
    {
        var noise = new float[4 * 6 * 5];
        new TorchCpuNoise(seed).Draw(noise);
        return noise;
    });

    [Fact]
    public void Columns_are_mixed_along_the_arc_between_them()
    {
        // One channel of two rows and two columns; the columns stand at right angles, so half way is sin 45° of each.
        float[] noise = [1, 0, 0, 2];
        VariationNoise.Mix(noise, [0, 2, 1, 0], height: 2, width: 2, strength: 0.5);
        var half = (float)Math.Sqrt(0.5);
        Assert.Equal([half, 2 * half, half, 2 * half], noise, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Strength_0_gives_the_image_s_own_noise_and_1_that_of_the_variation() => Gen.Select(Noise, Noise).Sample((own, other) =>
    {
        Assert.Equal(own, Mixed(own, other, 0), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(other, Mixed(own, other, 1), (a, b) => Math.Abs(a - b) < 1e-6);
    });

    [Fact]
    public void Equal_seeds_give_the_noise_itself() => Noise.Sample(own => Assert.Equal(own, Mixed(own, own, 0.4)));

    [Fact]
    public void Mixed_noise_is_finite_and_in_between() => Gen.Select(Noise, Noise, Gen.Double[0, 1]).Sample((own, other, strength) =>
    {
        var mixed = Mixed(own, other, strength);
        Assert.All(mixed, value => Assert.True(float.IsFinite(value)));
        // Unit normals mixed along an arc keep about their variance; the straight line between them would lose up to half of it.
        Assert.InRange(mixed.Average(value => (double)value * value), 0.4, 3);
    });

    private static float[] Mixed(float[] own, float[] other, double strength)
    {
        var mixed = own.ToArray();
        VariationNoise.Mix(mixed, other, height: 6, width: 5, strength);
        return mixed;
    }
}
