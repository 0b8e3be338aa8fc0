using System.Diagnostics;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks;

/// <summary>What sharing UNet calls is worth: 16 images in flight against one at a time, same images.</summary>
internal static class BatchBenchmark
{
    private const int Images = 16;

    public static async Task RunAsync(Results results)
    {
        var checkpoint = Checkpoint.Open(Repository.DemoCheckpoint);
        using var together = StableDiffusionPipeline.Load(checkpoint, new PipelineOptions { Slots = Images });
        using var single = StableDiffusionPipeline.Load(checkpoint, new PipelineOptions { Slots = 1 });
        RequireSame(await MakeAsync(together), await MakeAsync(single));
        List<double> ratios = [], rates = [];
        for (var pair = 0; pair < results.Pairs; pair++)
        {
            var alone = pair % 2 == 0 ? await RunAsync(single) : default;
            var batched = await RunAsync(together);
            if (pair % 2 == 1) alone = await RunAsync(single);
            ratios.Add(alone / batched);
            rates.Add(Images / batched.TotalSeconds);
        }

        results.AtLeast("16 images in flight ÷ one at a time, images/s", "ratio", ratios, 1.5);
        results.Note("16 images in flight, 25 steps of DPM++ 2M at guidance 4", "images/s", rates);
    }

    private static async Task<TimeSpan> RunAsync(StableDiffusionPipeline pipeline)
    {
        var clock = Stopwatch.GetTimestamp();
        await MakeAsync(pipeline);
        return Stopwatch.GetElapsedTime(clock);
    }

    private static Task<IReadOnlyList<GenerationResult>> MakeAsync(StableDiffusionPipeline pipeline) =>
        pipeline.GenerateManyAsync(new GenerationRequest { Prompt = "a red circle on a white background", Seed = 42 }, Images);

    // A ratio of two ways to make other images would be worth nothing.
    private static void RequireSame(IReadOnlyList<GenerationResult> batched, IReadOnlyList<GenerationResult> alone)
    {
        for (var i = 0; i < Images; i++)
        {
            if (!batched[i].Image.Pixels.AsSpan().SequenceEqual(alone[i].Image.Pixels))
                throw new InvalidOperationException($"Image {i} has other bytes in company than alone.");
        }
    }
}
