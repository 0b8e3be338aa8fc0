using CsCheck;
using RenderFarm.Diffusion.Denoising;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Denoising;

public sealed class ClassifierFreeGuidanceTests
{
    private static readonly Gen<float[]> Predictions = Gen.Float[-3, 3].Array[16];

    [Fact]
    public void Guided_prediction_leads_away_from_the_unconditional_one()
    {
        var result = new float[2];
        ClassifierFreeGuidance.Combine([1, 2], [2, 0], 3, result);
        Assert.Equal([4, -4], result);
    }

    /// <summary>diffusers: noise_cfg * (std_text / std_cfg), then φ of that and 1 − φ of noise_cfg, std being torch's (n − 1).</summary>
    [Fact]
    public void Rescaled_prediction_is_the_mix_that_diffusers_makes()
    {
        // std(c) = √(20/3)/… with c = ±1, ±3: √(20/3); e = 2c has twice that.
        float[] guided = [-6, -2, 2, 6];
        ClassifierFreeGuidance.Rescale(guided, [-3, -1, 1, 3], 0.7);
        // 0.7 · e · ½ + 0.3 · e = 0.65 e
        Assert.Equal([-3.9f, -1.3f, 1.3f, 3.9f], guided, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Full_rescale_gives_the_deviation_of_the_conditional_prediction() => Gen.Select(Predictions, Predictions).Sample((guided, conditional) =>
    {
        guided[0] += 10;
        ClassifierFreeGuidance.Rescale(guided, conditional, 1);
        // A distance, not decimals: two numbers on either side of a rounding boundary have different ones however close they are.
        Assert.InRange(Deviation(guided) - Deviation(conditional), -1e-4, 1e-4);
    });

    private static double Deviation(float[] values) => Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(v => (double)v), 2)) / (values.Length - 1));
}
