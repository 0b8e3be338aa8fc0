using System.Diagnostics;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Imaging;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks;

/// <summary>What comes after the pixels costs no steps: images encoded as PNG and sent away for 30 ms each, against images dropped at once.</summary>
/// <remarks>
/// The rate is counted from the first image that is done to the last: every image is done 30 ms later when it is sent away, and that is no loss of rate.
/// </remarks>
internal static class OverlapBenchmark
{
    // Three times as many as share a call.
    private const int Images = 24;
    private static readonly TimeSpan Upload = TimeSpan.FromMilliseconds(30);

    public static async Task RunAsync(Results results)
    {
        using var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint));
        await RunAsync(pipeline, stored: true);
        List<double> ratios = [];
        for (var pair = 0; pair < results.Pairs; pair++)
        {
            var dropped = pair % 2 == 0 ? await RunAsync(pipeline, stored: false) : default;
            var stored = await RunAsync(pipeline, stored: true);
            if (pair % 2 == 1) dropped = await RunAsync(pipeline, stored: false);
            ratios.Add(dropped / stored);
        }

        results.AtLeast("images encoded as PNG and uploaded in 30 ms ÷ dropped, images/s", "ratio", ratios, 0.99);
    }

    /// <returns>Time between the first image that was done and the last.</returns>
    private static async Task<TimeSpan> RunAsync(StableDiffusionPipeline pipeline, bool stored)
    {
        var done = await Task.WhenAll(Enumerable.Range(0, Images).Select(async seed =>
        {
            var result = await pipeline.GenerateAsync(new GenerationRequest { Prompt = "a red circle on a white background", Seed = (uint)seed });
            if (stored)
            {
                ImageEncoder.Encode(result.Image, ImageFileFormat.Png, quality: null, ImageTexts.None);
                await Task.Delay(Upload, TimeProvider.System);
            }

            return Stopwatch.GetTimestamp();
        }));
        return Stopwatch.GetElapsedTime(done.Min(), done.Max());
    }
}
