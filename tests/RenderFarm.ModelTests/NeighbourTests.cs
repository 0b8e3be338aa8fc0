using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.ModelTests;

/// <summary>The promise at the engine: an image depends on its request, not on who is rendered beside it.</summary>
public sealed class NeighbourTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly GenerationRequest Circle = new() { Prompt = "a red circle on a white background", Seed = 42 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Image_is_the_same_alone_and_as_image_k_of_many()
    {
        var many = await demo.Pipeline.GenerateManyAsync(Circle with { Seed = 40 }, 5, Cancellation);
        var alone = await demo.Pipeline.GenerateAsync(Circle, cancellation: Cancellation);
        Assert.Equal(42u, many[2].Seed);
        Assert.Equal(alone.Image.Pixels, many[2].Image.Pixels);
        Assert.NotEqual(alone.Image.Pixels, many[1].Image.Pixels);
    }

    [Fact]
    public async Task Image_is_the_same_among_strangers_with_other_samplers_steps_guidance_and_sizes()
    {
        var alone = await demo.Pipeline.GenerateAsync(Circle, cancellation: Cancellation);
        var strangers = new[]
        {
            Circle with { Prompt = "a blue square", Sampler = "plms", Steps = 11 },
            Circle with { Sampler = "euler_a", Steps = 7, GuidanceScale = 1 },
            Circle with { Width = 96, Steps = 9 },
            Circle with { Sampler = "heun", Steps = 5, NegativePrompt = "black" },
        };
        var crowd = strangers.Select(request => demo.Pipeline.GenerateAsync(request, cancellation: Cancellation)).ToArray();
        var among = await demo.Pipeline.GenerateAsync(Circle, cancellation: Cancellation);
        await Task.WhenAll(crowd);
        Assert.Equal(alone.Image.Pixels, among.Image.Pixels);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Image_is_the_same_with_any_number_of_threads_and_rows(int threads)
    {
        var alone = await demo.Pipeline.GenerateAsync(Circle, cancellation: Cancellation);
        using var other = StableDiffusionPipeline.Load(
            Checkpoint.Open(Repository.DemoCheckpoint), new PipelineOptions { Threads = threads, MaxRows = 2 * threads, Slots = 3 });
        var images = await other.GenerateManyAsync(Circle with { Seed = 41 }, 3, Cancellation);
        Assert.Equal(alone.Image.Pixels, images[1].Image.Pixels);
    }

    [Fact]
    public async Task Canceled_image_leaves_and_its_neighbour_stays_the_same()
    {
        using var leave = new CancellationTokenSource();
        var left = demo.Pipeline.GenerateAsync(Circle with { Seed = 7, Steps = 900 }, new At(3, leave.Cancel), leave.Token);
        var stays = demo.Pipeline.GenerateAsync(Circle, cancellation: Cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        var alone = await demo.Pipeline.GenerateAsync(Circle, cancellation: Cancellation);
        Assert.Equal(alone.Image.Pixels, (await stays).Image.Pixels);
    }

    [Fact]
    public async Task Progress_counts_every_turn_up_to_the_last()
    {
        var turns = new List<GenerationProgress>();
        await demo.Pipeline.GenerateAsync(Circle with { Sampler = "plms", Steps = 5 }, new Collect(turns), Cancellation);
        Assert.Equal(Enumerable.Range(0, 7).Select(turn => new GenerationProgress(turn, 6)), turns);
    }

    private sealed class At(int turn, Action action) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value)
        {
            if (value.Turn == turn) action();
        }
    }

    private sealed class Collect(List<GenerationProgress> turns) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => turns.Add(value);
    }
}
