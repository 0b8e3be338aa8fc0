using RenderFarm.Diffusion.Sampling;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling;

/// <summary>Every sampler against the runs of diffusers that the golden folder holds, turn by turn.</summary>
public sealed class GoldenSamplerTests
{
    // Largest error over the largest absolute value of the case. Ours and theirs are both float32 in another order of operations, over up to 99
    // turns; the worst seen is 9.2e-7 (dpmpp_2m, 50 steps).
    private const double Tolerance = 1e-6;

    // Timesteps are float32 up to 999, where the last bit is worth 6e-5.
    private const float TimestepTolerance = 1e-4f;

    /// <summary>Files, by the beginning of their names, where the reference itself has fewer digits.</summary>
    private static readonly Dictionary<string, double> Looser = new()
    {
        // σ = 4096 costs digits: diffusers' own float32 and float64 runs are 1.8e-4 apart.
        ["schedulers/zsnr_euler_"] = 1e-5,

        // The reference subtracts nearly equal integrals in float32; ours are worked out in double.
        ["schedulers/deis_"] = 3e-6,
    };

    /// <summary>Every file there is: one that no sampler follows fails.</summary>
    public static TheoryData<string> Files => [.. Golden.Files("schedulers"), .. Golden.Files("schedulers_v031")];

    [Theory]
    [MemberData(nameof(Files))]
    public void Sampler_follows_the_reference(string file)
    {
        var run = new GoldenRun(file);
        Assert.True(run.AllFinite);
        var sampler = run.Sampler();
        var tolerance = Looser.FirstOrDefault(pair => file.StartsWith(pair.Key, StringComparison.Ordinal), new("", Tolerance)).Value;
        Closeness.Check("timesteps", run.Timesteps, [.. sampler.Timesteps], TimestepTolerance);
        Closeness.Check("init_noise_sigma", [run.InitialNoiseScale], [sampler.InitialNoiseScale], tolerance * run.InitialNoiseScale);

        var (latent, firstTurn) = Begin(run, sampler);
        Closeness.Check("initial_sample", run.InitialSample, latent, tolerance * Closeness.Largest(run.InitialSample));
        var noise = new RecordedNoise(run.Noise);
        Follow(run, sampler.Start(latent, noise, firstTurn), tolerance);
        Assert.Equal(run.Noise.Length, noise.Drawn);
    }

    [Fact]
    public void Every_file_of_the_index_is_there_and_the_index_names_every_file()
    {
        var index = File.ReadLines(Path.Combine(Golden.Folder, "schedulers", "INDEX.tsv")).Skip(1).Select(line => "schedulers/" + line.Split('\t')[0]);
        Assert.Equal(index.Order(StringComparer.Ordinal), Golden.Files("schedulers"));
        Assert.Equal((169, 19), (Golden.Files("schedulers").Count, Golden.Files("schedulers_v031").Count));
    }

    private static (float[] Latent, int FirstTurn) Begin(GoldenRun run, Sampler sampler)
    {
        if (run.ImageToImage is not { } start) return (Array.ConvertAll(run.InitialNoise, value => value * sampler.InitialNoiseScale), 0);
        var firstTurn = sampler.FirstTurn(start.Strength);
        Assert.Equal(run.UsedTimesteps, run.Timesteps[firstTurn..]);
        float[] latent = [.. start.Latent];
        sampler.AddNoise(latent, start.Noise, firstTurn);
        return (latent, firstTurn);
    }

    private static void Follow(GoldenRun run, SamplerState state, double tolerance)
    {
        var (inputs, samples) = (run.ScaledInputs, run.PreviousSamples);
        var inputTolerance = tolerance * inputs.Max(Closeness.Largest);
        var sampleTolerance = tolerance * samples.Max(Closeness.Largest);
        var input = new float[state.Latent.Length];
        var prediction = new float[state.Latent.Length];
        for (var turn = 0; turn < samples.Length; turn++)
        {
            Assert.False(state.Finished);
            state.WriteInput(input);
            Closeness.Check($"scaled_input[{turn}]", inputs[turn], input, inputTolerance);
            StandInNetwork.Predict(input, state.Timestep, prediction);
            state.Advance(prediction);
            Closeness.Check($"prev_sample[{turn}]", samples[turn], state.Latent, sampleTolerance);
        }

        Assert.True(state.Finished);
    }
}
