using RenderFarm.Diffusion.Noise;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Noise;

public sealed class TorchCudaNoiseTests : NoiseStreamConformance
{
    protected override string DigestOfSeed42 => "df3f09b8a057eddef2d69bbca4c1611a6a1bbc7125ccfa3a2aeacd307b9b1009";

    protected override INoiseStream Create(uint seed) => new TorchCudaNoise(seed);

    [Fact]
    public void First_draw_of_seed_0_equals_torch_on_cuda()
    {
        // torch.manual_seed(0); torch.randn(12, device="cuda"). CUDA works in float32, so its last bit may differ: one of the twelve does.
        float[] expected =
        [
            -0.92466259f, -0.42534415f, -2.6438457f, 0.14518388f, -0.12086647f, -0.57972564f,
            -0.62285122f, -0.32838709f, -1.07454231f, -0.36314407f, -1.67105067f, 2.26550497f,
        ];
        var draw = new float[expected.Length];
        Create(0).Draw(draw);
        for (var i = 0; i < draw.Length; i++) Assert.Equal(expected[i], draw[i], 1e-8f);
        Assert.Equal(11, draw.Zip(expected).Count(pair => pair.First == pair.Second));
    }

    [Fact]
    public void A_longer_draw_begins_like_a_shorter_one()
    {
        var (small, large) = (new float[8], new float[64]);
        Create(5).Draw(small);
        Create(5).Draw(large);
        Assert.Equal(small, large[..8]);
    }
}
