using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling.SigmaSpace;

public sealed class EulerAncestralSamplerTests : SamplerConformance
{
    protected override string Name => "euler_a";

    protected override string Digest => "3d971281f90dbeb67b1a0a5166c5f8dd34bfbe07f7bce38c1911d35ed40c7b66";

    protected override bool AllowsNoiseSchedules => true;

    [Theory]
    [InlineData("uniform", 7)]
    [InlineData("karras", 12)]
    [InlineData("exponential", 20)]
    public void Run_follows_the_method_as_k_diffusion_writes_it_in_double(string noiseSchedule, int steps) =>
        NaiveKDiffusion.Check("euler_a", noiseSchedule, steps, Step);

    private static void Step(NaiveKDiffusion run, double[] x, double sigma, double next)
    {
        var (down, up) = NaiveKDiffusion.Ancestral(sigma, next);
        var denoised = NaiveKDiffusion.Denoise(x, sigma);
        for (var i = 0; i < x.Length; i++) x[i] += (x[i] - denoised[i]) / sigma * (down - sigma);
        if (next == 0) return;
        var noise = run.Draw();
        for (var i = 0; i < x.Length; i++) x[i] += noise[i] * up;
    }
}
