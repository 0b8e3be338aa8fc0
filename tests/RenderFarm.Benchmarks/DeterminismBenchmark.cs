using System.Diagnostics;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks;

/// <summary>What reproducibility costs on this machine: the same images from a reproducible pipeline and from a fast one.</summary>
internal static class DeterminismBenchmark
{
    private const int Images = 16;

    public static async Task RunAsync(Results results)
    {
        var checkpoint = Checkpoint.Open(Repository.DemoCheckpoint);
        using var reproducible = StableDiffusionPipeline.Load(checkpoint, new PipelineOptions { Slots = Images });
        using var fast = StableDiffusionPipeline.Load(checkpoint, new PipelineOptions { Slots = Images, Determinism = DeterminismClass.Fast });
        await RunAsync(reproducible);
        await RunAsync(fast);
        List<double> ratios = [], processorRatios = [];
        var equal = true;
        for (var pair = 0; pair < results.Pairs; pair++)
        {
            // Who goes first alternates, so that a drift of the machine favours neither.
            var quick = pair % 2 == 0 ? await RunAsync(fast) : default;
            var steady = await RunAsync(reproducible);
            if (pair % 2 == 1) quick = await RunAsync(fast);
            ratios.Add(quick.Elapsed / steady.Elapsed);
            processorRatios.Add(quick.Processor / steady.Processor);
            equal &= steady.Results.Zip(quick.Results, (one, other) => one.Image.Pixels.AsSpan().SequenceEqual(other.Image.Pixels)).All(same => same);
        }

        results.Note($"reproducible ÷ fast on {reproducible.Environment.Provider}, images/s", "ratio", ratios);
        results.Note("the same by processor time instead of wall clock, which other work on the machine disturbs less", "ratio", processorRatios);
        results.Note("fast pictures equal to reproducible ones in this run (1 all, 0 not all)", "", [equal ? 1 : 0]);
    }

    private static async Task<(TimeSpan Elapsed, TimeSpan Processor, IReadOnlyList<GenerationResult> Results)> RunAsync(StableDiffusionPipeline pipeline)
    {
        var (clock, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var results = await pipeline.GenerateManyAsync(new GenerationRequest { Prompt = "a red circle on a white background", Seed = 42 }, Images);
        return (Stopwatch.GetElapsedTime(clock), Environment.CpuUsage.TotalTime - processor, results);
    }
}
