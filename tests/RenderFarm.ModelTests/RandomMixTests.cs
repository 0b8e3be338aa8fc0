using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.ModelTests;

/// <summary>A hundred real images, each alone and then all in random mixes: steps, every sampler, guidance and its interval, weighted and long prompts,
/// variations, sizes, arrivals and cancels; some begin from a picture.</summary>
public sealed class RandomMixTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private const int Images = 100;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hundred_images_have_the_same_files_alone_and_in_random_mixes()
    {
        var random = new Random(20260711);
        var requests = Enumerable.Range(0, Images).Select(i => Request(random, i)).ToArray();
        var alone = new byte[Images][];
        for (var i = 0; i < Images; i++) alone[i] = Encode(await demo.Pipeline.GenerateAsync(requests[i], cancellation: Cancellation));

        using var crowded = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint), new PipelineOptions { Slots = 5, MaxRows = 7, Threads = 2 });
        var order = Enumerable.Range(0, Images).ToArray();
        random.Shuffle(order);
        for (var next = 0; next < Images;)
        {
            var mix = order[next..Math.Min(Images, next + random.Next(1, 20))];
            next += mix.Length;
            using var leave = new CancellationTokenSource();
            var canceled = crowded.GenerateAsync(AnyRequest(random) with { Steps = 900, Sampler = "ddim" }, new CancelAt(random.Next(12), leave), leave.Token);
            var files = await Task.WhenAll(mix.Select(async i => Encode(await crowded.GenerateAsync(requests[i], cancellation: Cancellation))));
            for (var k = 0; k < mix.Length; k++) Assert.True(alone[mix[k]].AsSpan().SequenceEqual(files[k]), $"Image {mix[k]} ({requests[mix[k]]}) differs.");
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        }
    }

    /// <summary>Image i has sampler i, around and around; every 21st, of another sampler each time, begins from a picture of its own.</summary>
    private static GenerationRequest Request(Random random, int i)
    {
        var request = AnyRequest(random) with { Sampler = SamplerCatalog.Names[i % SamplerCatalog.Names.Count] };
        if (i % 21 != 20 || request.Sampler == "pndm") return request;
        var pixels = new byte[request.Width!.Value * request.Height!.Value * 3];
        random.NextBytes(pixels);
        return request with { InitialImage = new RgbImage(request.Width.Value, request.Height.Value, pixels), Strength = 0.6 };
    }

    private static GenerationRequest AnyRequest(Random random)
    {
        string[] prompts = ["a red circle on a white background", "a blue square", "a (yellow:1.3) star on a [black] background", "", "a red circle BREAK on a sea"];
        return new GenerationRequest
        {
            Prompt = prompts[random.Next(prompts.Length)],
            NegativePrompt = random.Next(3) == 0 ? "black" : "",
            Seed = (uint)random.NextInt64(1L << 32),
            // PNDM takes four steps at least.
            Steps = random.Next(4, 8),
            GuidanceScale = random.Next(4) == 0 ? 1 : random.Next(2, 9),
            GuidanceStart = random.Next(3) == 0 ? 0.3 : 0,
            GuidanceEnd = random.Next(3) == 0 ? 0.7 : 1,
            GuidanceRescale = random.Next(4) == 0 ? 0.5 : 0,
            VariationSeed = 5,
            VariationStrength = random.Next(4) == 0 ? 0.3 : 0,
            Width = random.Next(5) == 0 ? 96 : 64,
            Height = random.Next(8) == 0 ? 128 : 64,
        };
    }

    private static byte[] Encode(GenerationResult result) => ImageEncoder.Encode(result.Image, ImageFileFormat.Png, quality: null, ImageTexts.None);

    private sealed class CancelAt(int turn, CancellationTokenSource leave) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value)
        {
            if (value.Turn == turn) leave.Cancel();
        }
    }
}
