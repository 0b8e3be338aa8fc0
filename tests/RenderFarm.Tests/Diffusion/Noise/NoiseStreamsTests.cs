using RenderFarm.Contracts;
using RenderFarm.Diffusion.Noise;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Noise;

public sealed class NoiseStreamsTests
{
    [Fact]
    public void Every_noise_source_of_a_recipe_has_a_stream()
    {
        Assert.Equal(NoiseSources.All, NoiseStreams.Names);
        Assert.IsType<TorchCpuNoise>(NoiseStreams.Create(NoiseSources.TorchCpu, 1));
        Assert.IsType<TorchCudaNoise>(NoiseStreams.Create(NoiseSources.TorchCuda, 1));
    }

    [Fact]
    public void Unknown_noise_source_is_answered_with_the_known_ones()
    {
        var error = Assert.Throws<ArgumentException>(() => NoiseStreams.Create("numpy", 1));
        Assert.Equal("Unknown noise source 'numpy'; known are torch_cpu, torch_cuda. (Parameter 'noiseSource')", error.Message);
    }
}
