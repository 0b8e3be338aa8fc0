using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>The demo checkpoint's pipeline in a loop: the pixels that the farm computes, with nothing around them.</summary>
internal static class BarePipeline
{
    private const int AtOnce = 64;

    /// <summary>Runs it for half the time that the farm is given, and returns images a second.</summary>
    public static async Task<double> RunAsync(LoadOptions options)
    {
        using var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint));
        var request = new GenerationRequest { Prompt = LoadGenerator.Prompt, Seed = 1 };
        await pipeline.GenerateManyAsync(request, 8);
        var (begin, images) = (TimeProvider.System.GetTimestamp(), 0);
        for (; TimeProvider.System.GetElapsedTime(begin).TotalSeconds < options.Seconds / 2.0; images += AtOnce)
            await pipeline.GenerateManyAsync(request, AtOnce);
        return images / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    }
}
