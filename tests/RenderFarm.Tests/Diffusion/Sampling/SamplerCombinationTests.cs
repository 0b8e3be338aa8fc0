using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Sampling;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling;

/// <summary>diffusers turns some combinations of settings into NaN without a word; here each gives an image or a refusal that names it.</summary>
public sealed class SamplerCombinationTests
{
    private const int All = 3 * 2 * 2 * 3 * 3 * 5;

    /// <summary>How many combinations give an image, where it is not all of them.</summary>
    private static readonly Dictionary<string, int> Finishing = new()
    {
        // No other noise schedule, nor epsilon from a first timestep without signal: 2 × (5 trailing + 4 linspace); LCM always begins at the last timestep.
        ["ddim"] = (All / 3) - 18,
        ["ddpm"] = (All / 3) - 18,
        ["lcm"] = (All / 3) - 30,

        // Nor a checkpoint that predicts the sample, nor any other from a first timestep without signal; PNDM takes 4 steps at least.
        ["plms"] = (All / 3 * 2 / 3) - 36,
        ["pndm"] = (All / 3 * 2 / 3 * 3 / 5) - 24,
    };

    public static TheoryData<string> Names => [.. SamplerCatalog.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_combination_is_finite_or_refused_by_name(string sampler)
    {
        var (finished, refused) = (0, 0);
        foreach (var (options, settings) in Combinations(sampler))
        {
            try
            {
                Run(SamplerCatalog.Create(new TrainingSchedule(options), settings), $"{options} {settings}");
                finished++;
            }
            catch (ArgumentException refusal)
            {
                Assert.Contains($"'{sampler}'", refusal.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.Equal(Finishing.GetValueOrDefault(sampler, All), finished);
        Assert.Equal(All, finished + refused);
    }

    private static IEnumerable<(TrainingScheduleOptions Options, SamplerSettings Settings)> Combinations(string sampler) =>
        from prediction in Enum.GetValues<PredictionType>()
        from zeroTerminalSnr in (bool[])[false, true]
        from alphaToOne in (bool[])[false, true]
        from spacing in (string[])["leading", "trailing", "linspace"]
        from noiseSchedule in (string[])["uniform", "karras", "exponential"]
        from steps in (int[])[1, 2, 4, 15, 50]
        select (
            new TrainingScheduleOptions
            {
                Prediction = prediction,
                RescaleZeroTerminalSnr = zeroTerminalSnr,
                SetAlphaToOne = alphaToOne,
                StepsOffset = 1,
            },
            new SamplerSettings
            {
                Sampler = sampler,
                Steps = steps,
                TimestepSpacing = spacing,
                NoiseSchedule = noiseSchedule,
                Eta = sampler == "ddim" ? 1 : 0,
            });

    private static void Run(Sampler sampler, string combination)
    {
        var noise = new TorchCpuNoise(1);
        var (latent, input, prediction) = (new float[16], new float[16], new float[16]);
        noise.Draw(latent);
        for (var i = 0; i < latent.Length; i++) latent[i] *= sampler.InitialNoiseScale;
        var state = sampler.Start(latent, noise);
        while (!state.Finished)
        {
            state.WriteInput(input);
            StandInNetwork.Predict(input, state.Timestep, prediction);
            state.Advance(prediction);
        }

        foreach (var value in state.Latent) Assert.True(float.IsFinite(value), combination);
    }
}
