using RenderFarm.Diffusion;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.ModelTests.Pictures;

/// <summary>The second, larger pass through the demo checkpoint's whole pipeline.</summary>
public sealed class HiresTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly GenerationRequest Circle = new() { Prompt = "a red circle on a white background", Seed = 42, Steps = 8 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("latent")]
    [InlineData("lanczos")]
    public async Task Image_is_as_large_as_asked_for_and_shows_what_the_first_pass_did(string upscaler)
    {
        var small = (await Render(Circle)).Image;
        var large = (await Render(Circle with { HiresScale = 1.5, HiresUpscaler = upscaler, HiresStrength = 0.3 })).Image;
        Assert.Equal((96, 96), (large.Width, large.Height));
        var likeness = PeakSignalToNoise.Decibels(small, LanczosResampling.Resize(large, 64, 64));
        Assert.True(likeness > 12, FormattableString.Invariant($"{likeness:F1} dB"));
    }

    [Fact]
    public async Task Strength_0_in_pixels_is_the_first_pass_enlarged()
    {
        var small = (await Render(Circle)).Image;
        var large = (await Render(Circle with { HiresScale = 2, HiresUpscaler = "lanczos", HiresStrength = 0 })).Image;
        Assert.Equal(LanczosResampling.Resize(small, 128, 128).Pixels, large.Pixels);
    }

    [Fact]
    public async Task Each_member_of_the_second_pass_changes_the_image()
    {
        var hires = Circle with { HiresScale = 1.5 };
        GenerationRequest[] requests =
        [
            hires, hires with { HiresUpscaler = "lanczos" }, hires with { HiresSteps = 3 }, hires with { HiresStrength = 0.4 }, hires with { HiresScale = 1.25 },
        ];
        var images = await Task.WhenAll(requests.Select(Render));
        Assert.Equal(requests.Length, images.Select(result => Convert.ToBase64String(result.Image.Pixels)).Distinct().Count());
    }

    [Fact]
    public async Task Members_of_the_second_pass_change_nothing_while_it_is_off() =>
        Assert.Equal(
            (await Render(Circle)).Image.Pixels,
            (await Render(Circle with { HiresUpscaler = "lanczos", HiresSteps = 3, HiresStrength = 0.1 })).Image.Pixels);

    [Fact]
    public async Task Image_alone_is_the_image_in_a_random_mix()
    {
        var random = new Random(20260723);
        var requests = Enumerable.Range(0, 24).Select(_ => Any(random)).ToArray();
        var alone = new List<byte[]>();
        foreach (var request in requests) alone.Add((await Render(request)).Image.Pixels);
        var order = Enumerable.Range(0, requests.Length).ToArray();
        random.Shuffle(order);
        var mixed = await Task.WhenAll(order.Select(i => Render(requests[i])));
        Assert.All(order.Zip(mixed), pair => Assert.Equal(alone[pair.First], pair.Second.Image.Pixels));
    }

    [Fact]
    public async Task Both_passes_share_UNet_calls_with_their_neighbours()
    {
        var request = Circle with { HiresScale = 1.5, HiresStrength = 0.5 };
        var before = demo.Pipeline.Turns;
        await Render(request);
        var alone = demo.Pipeline.Turns - before;
        Assert.Equal(16, alone);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Render(request with { Seed = (uint)i })));
        Assert.True(demo.Pipeline.Turns - before - alone < 3 * alone, $"{demo.Pipeline.Turns - before - alone} calls for 4 images");
    }

    [Fact]
    public async Task Progress_counts_the_turns_of_both_passes_without_a_gap()
    {
        var turns = new List<GenerationProgress>();
        await demo.Pipeline.GenerateAsync(
            Circle with { HiresScale = 1.5, HiresSteps = 3, HiresStrength = 0.5, Sampler = "heun", Steps = 4 }, new Collect(turns), Cancellation);
        var all = turns[^1].Turns;
        Assert.Equal(Enumerable.Range(0, all + 1).Select(turn => new GenerationProgress(turn, all)), turns);
    }

    [Fact]
    public async Task Sampler_that_cannot_begin_midway_is_refused_by_the_member_that_asks_for_it()
    {
        var error = await Assert.ThrowsAsync<GenerationException>(() => Render(Circle with { HiresScale = 2, Sampler = "pndm" }));
        Assert.Equal(GenerationError.BadRequest, error.Error);
        Assert.StartsWith("hires_strength: A run of sampler 'pndm' cannot begin at turn ", error.Message, StringComparison.Ordinal);
    }

    private static GenerationRequest Any(Random random)
    {
        string[] samplers = ["dpmpp_2m", "euler_a", "heun", "plms", "dpmpp_sde", "ddim"];
        return Circle with
        {
            Seed = (uint)random.Next(1000),
            Sampler = samplers[random.Next(samplers.Length)],
            Steps = random.Next(2, 7),
            GuidanceScale = random.Next(3) == 0 ? 1 : 5,
            HiresScale = random.Next(3) switch { 0 => 1, 1 => 1.25, _ => 1.5 },
            HiresUpscaler = random.Next(2) == 0 ? "latent" : "lanczos",
            HiresSteps = random.Next(2) == 0 ? null : random.Next(1, 5),
            HiresStrength = 0.3 + (0.7 * random.NextDouble()),
        };
    }

    private Task<GenerationResult> Render(GenerationRequest request) => demo.Pipeline.GenerateAsync(request, cancellation: Cancellation);

    private sealed class Collect(List<GenerationProgress> turns) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => turns.Add(value);
    }
}
