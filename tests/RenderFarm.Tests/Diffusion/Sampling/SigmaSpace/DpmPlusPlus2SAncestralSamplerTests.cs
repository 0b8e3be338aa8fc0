using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling.SigmaSpace;

public sealed class DpmPlusPlus2SAncestralSamplerTests : SamplerConformance
{
    protected override string Name => "dpmpp_2s_a";

    protected override string Digest => "c041cb01c4688e69100d66daf0eba50b6738ee61c9155cd86a54747f5f56fb39";

    protected override bool AllowsNoiseSchedules => true;

    protected override int Turns(int steps) => (2 * steps) - 1;

    [Theory]
    [InlineData("uniform", 7)]
    [InlineData("karras", 12)]
    [InlineData("exponential", 20)]
    public void Run_follows_the_method_as_k_diffusion_writes_it_in_double(string noiseSchedule, int steps) =>
        NaiveKDiffusion.Check("dpmpp_2s_a", noiseSchedule, steps, Step);

    /// <summary>One step with t = −ln σ, as the function has it.</summary>
    private static void Step(NaiveKDiffusion run, double[] x, double sigma, double next)
    {
        var (down, up) = NaiveKDiffusion.Ancestral(sigma, next);
        var denoised = NaiveKDiffusion.Denoise(x, sigma);
        if (down == 0)
        {
            for (var i = 0; i < x.Length; i++) x[i] += (x[i] - denoised[i]) / sigma * (down - sigma);
            return;
        }

        var (t, end) = (-Math.Log(sigma), -Math.Log(down));
        var h = end - t;
        var middle = Math.Exp(-(t + (0.5 * h)));
        double[] half = [.. x.Select((value, i) => (middle / sigma * value) - ((Math.Exp(-0.5 * h) - 1) * denoised[i]))];
        var second = NaiveKDiffusion.Denoise(half, middle);
        var noise = run.Draw();
        for (var i = 0; i < x.Length; i++) x[i] = (Math.Exp(-end) / Math.Exp(-t) * x[i]) - ((Math.Exp(-h) - 1) * second[i]) + (noise[i] * up);
    }
}
