using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing.Onnx.Networks;
using RenderFarm.Worker.Checkpoints;
using Xunit;

namespace RenderFarm.ModelTests.Graphs;

/// <summary>Every kind of checkpoint in every layout, as tiny networks with random weights, through the whole pipeline.</summary>
public sealed class CheckpointKindTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-kind-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string, TinyLayout> KindsAndLayouts
    {
        get
        {
            var data = new TheoryData<string, TinyLayout>();
            foreach (var kind in new[] { "sd1", "sd2", "sdxl", "turbo", "lcm" })
            {
                foreach (var layout in Enum.GetValues<TinyLayout>()) data.Add(kind, layout);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(KindsAndLayouts))]
    public async Task Image_of_any_kind_and_layout_has_the_same_bytes_alone_and_in_company(string kind, TinyLayout layout)
    {
        using var pipeline = Load(Kind(kind, layout));
        GenerationRequest[] requests =
        [
            new() { Prompt = "a red circle", Seed = 1, Steps = 3 },
            new() { Prompt = "a blue square", NegativePrompt = "a circle", Seed = 2, Steps = 5, GuidanceScale = 4 },
            new() { Prompt = "a (green:1.3) circle", Seed = 3, Steps = 4, GuidanceScale = 1 },
            new() { Prompt = "a red circle BREAK a blue square", Seed = 4, Steps = 2, GuidanceScale = 3, Width = 32 },
        ];
        var together = await Task.WhenAll(requests.Select(request => pipeline.GenerateAsync(request, cancellation: Cancellation)));
        for (var i = 0; i < requests.Length; i++)
        {
            var alone = await pipeline.GenerateAsync(requests[i], cancellation: Cancellation);
            Assert.Equal(alone.Image.Pixels, together[i].Image.Pixels);
            Assert.True(alone.Image.Pixels.Distinct().Count() > 8, "A picture of a few values says nothing.");
        }

        Assert.Equal(requests.Length, together.Select(result => Convert.ToBase64String(result.Image.Pixels)).Distinct().Count());
    }

    [Theory]
    [InlineData("sd1")]
    [InlineData("sdxl")]
    [InlineData("lcm")]
    public async Task Same_weights_give_the_same_picture_in_every_layout(string kind)
    {
        var request = new GenerationRequest { Prompt = "a red circle", NegativePrompt = "a square", Seed = 5, Steps = 3, GuidanceScale = 3 };
        var pictures = new Dictionary<TinyLayout, byte[]>();
        foreach (var layout in Enum.GetValues<TinyLayout>())
        {
            using var pipeline = Load(Kind(kind, layout));
            pictures[layout] = (await pipeline.GenerateAsync(request, cancellation: Cancellation)).Image.Pixels;
        }

        // Half precision at the borders of the graphs moves values by 2⁻¹¹ of themselves, three times over.
        var reference = pictures[TinyLayout.Optimum];
        Assert.All(pictures[TinyLayout.Legacy].Zip(reference), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
        Assert.All(pictures[TinyLayout.Demo].Zip(reference), pair => Assert.InRange(pair.First - pair.Second, -4, 4));
        Assert.All(pictures[TinyLayout.Olive].Zip(reference), pair => Assert.InRange(pair.First - pair.Second, -8, 8));
    }

    [Theory]
    [InlineData("sd1", TinyLayout.Legacy, CheckpointFamily.StableDiffusion1, GraphLayout.DiffusersLegacy, true)]
    [InlineData("sd2", TinyLayout.Optimum, CheckpointFamily.StableDiffusion2, GraphLayout.Optimum, false)]
    [InlineData("sdxl", TinyLayout.Olive, CheckpointFamily.StableDiffusionXL, GraphLayout.Olive, true)]
    [InlineData("turbo", TinyLayout.Demo, CheckpointFamily.StableDiffusionXL, GraphLayout.OnnxRuntimeDemo, false)]
    [InlineData("lcm", TinyLayout.Optimum, CheckpointFamily.StableDiffusion1, GraphLayout.Optimum, false)]
    public void Kind_and_layout_are_read_from_the_graphs(string kind, TinyLayout layout, CheckpointFamily family, GraphLayout expected, bool mixesSteps)
    {
        var checkpoint = Open(Kind(kind, layout));
        var description = CheckpointAnatomy.Read(checkpoint);
        Assert.Equal((family, expected, mixesSteps), (description.Family, description.Layout, description.MixesSteps));
        Assert.Equal(!mixesSteps, CheckpointDescriptions.Of(checkpoint, "sha256:").OneTimestepPerCall);
        Assert.Equal((kind == "lcm", CheckpointPurpose.TextToImage), (description.EmbedsGuidance, description.Purpose));
        Assert.Null(description.FixedSize);
    }

    [Theory]
    [InlineData("turbo", "euler_a", 4, 0)]
    [InlineData("lcm", "lcm", 4, 8.5)]
    [InlineData("sdxl", "ddim", 25, 7.5)]
    public void Defaults_follow_from_how_a_checkpoint_was_distilled(string kind, string sampler, int steps, double guidanceScale)
    {
        var defaults = Open(Kind(kind, TinyLayout.Optimum)).Defaults;
        Assert.Equal((sampler, steps, guidanceScale), (defaults.Sampler, defaults.Steps, defaults.GuidanceScale));
    }

    [Fact]
    public async Task Fixed_shape_is_published_and_any_other_size_refused_by_name()
    {
        var tiny = TinyCheckpoint.StableDiffusion1(TinyLayout.Legacy);
        tiny = tiny with { UNet = tiny.UNet with { Shape = [2, 12, 8], TimestepShape = [2] } };
        Assert.Equal((16, 24), CheckpointAnatomy.Read(Open(tiny)).FixedSize);
        using var pipeline = Load(tiny);
        var request = new GenerationRequest { Prompt = "a", Steps = 2 };
        var image = (await pipeline.GenerateAsync(request, cancellation: Cancellation)).Image;
        Assert.Equal((16, 24), (image.Width, image.Height));
        var error = await Assert.ThrowsAsync<GenerationException>(() => pipeline.GenerateAsync(request with { Height = 16 }, cancellation: Cancellation));
        Assert.Equal(
            (GenerationError.BadRequest, "width × height is 16×16; allowed: 16×24, because this checkpoint's graphs have a fixed shape."), (error.Error, error.Message));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Graph_with_a_fixed_number_of_rows_gives_the_picture_of_one_without(int rows)
    {
        var tiny = TinyCheckpoint.StableDiffusion1(TinyLayout.Legacy);
        var request = new GenerationRequest { Prompt = "a red circle", Seed = 9, Steps = 3, GuidanceScale = 3 };
        using var open = Load(tiny);
        using var shut = Load(tiny with { UNet = tiny.UNet with { Shape = [rows, "height", "width"], TimestepShape = [rows] } });
        var expected = await open.GenerateAsync(request, cancellation: Cancellation);
        var together = await shut.GenerateManyAsync(request with { Seed = 8 }, 3, Cancellation);
        Assert.All(expected.Image.Pixels.Zip(together[1].Image.Pixels), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
        var alone = await shut.GenerateAsync(request, cancellation: Cancellation);
        Assert.Equal(alone.Image.Pixels, together[1].Image.Pixels);
    }

    [Fact]
    public void Graphs_of_different_sizes_are_refused_together()
    {
        var tiny = TinyCheckpoint.StableDiffusion1();
        tiny = tiny with { UNet = tiny.UNet with { Shape = ["batch", 8, 8] }, Vae = tiny.Vae with { LatentSides = [16, 8] } };
        var error = Assert.Throws<CheckpointException>(() => Load(tiny).Dispose());
        Assert.Contains("made for images of 16×32 pixels, but the UNet for 16×16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Description_is_a_page_for_people()
    {
        var text = CheckpointAnatomy.Read(Open(Kind("lcm", TinyLayout.Optimum))).ToString();
        Assert.Contains("StableDiffusion1, TextToImage, predicts Epsilon, takes the guidance scale as an input", text, StringComparison.Ordinal);
        Assert.Contains("rows        any number a call, all at the same step", text, StringComparison.Ordinal);
        Assert.Contains("unet\n  takes sample Float [?, 4, ?, ?]\n  takes timestep Int64 []\n", text, StringComparison.Ordinal);
    }

    private static TinyCheckpoint Kind(string kind, TinyLayout layout) => kind switch
    {
        "sd1" => TinyCheckpoint.StableDiffusion1(layout),
        "sd2" => TinyCheckpoint.StableDiffusion2(layout),
        "sdxl" => TinyCheckpoint.StableDiffusionXL(layout),
        "turbo" => TinyCheckpoint.Turbo(layout),
        _ => TinyCheckpoint.LatentConsistency(layout),
    };

    private Checkpoint Open(TinyCheckpoint tiny) => Checkpoint.Open(tiny.Write(Path.Combine(_folder.FullName, Guid.NewGuid().ToString())));

    private StableDiffusionPipeline Load(TinyCheckpoint tiny) => StableDiffusionPipeline.Load(Open(tiny), new PipelineOptions { Threads = 1 });
}
