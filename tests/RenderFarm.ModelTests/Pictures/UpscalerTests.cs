using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using RenderFarm.Testing.Onnx;
using RenderFarm.Testing.Onnx.Networks;
using Xunit;

namespace RenderFarm.ModelTests.Pictures;

/// <summary>Upscalers as tiny graphs of <see cref="UpscalerNetwork"/>.</summary>
public sealed class UpscalerTests : IDisposable
{
    private static readonly OnnxSessionFactory Sessions = new(new PipelineOptions());
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-upscaler-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(OnnxType.Float, 1)]
    [InlineData(OnnxType.Float, 2)]
    [InlineData(OnnxType.Float, 4)]
    [InlineData(OnnxType.Float16, 4)]
    public void Scale_and_element_type_are_read_from_the_graph(OnnxType type, int scale)
    {
        using var upscaler = Upscaler.Load(Save("any", UpscalerNetwork.Repeating(scale, type)));
        Assert.Equal(scale, upscaler.Scale);
        var image = Noise(20, 12);
        var large = upscaler.Upscale(image, Cancellation);
        Assert.Equal(ImageResize.Magnify(image, scale).Pixels, large.Pixels);
    }

    [Theory]
    [InlineData(100, 70)]
    [InlineData(64, 200)]
    [InlineData(5, 5)]
    public void Tiles_give_the_same_bytes_as_the_whole_when_the_network_looks_no_further_than_their_overlap(int width, int height)
    {
        var file = Save("blur", UpscalerNetwork.Random(2));
        using var tiled = new Upscaler(OnnxGraph.Load(file, Sessions), tile: 48, overlap: 4);
        using var whole = new Upscaler(OnnxGraph.Load(file, Sessions), tile: 1000, overlap: 4);
        var image = Noise(width, height);
        Assert.Equal(whole.Upscale(image, Cancellation).Pixels, tiled.Upscale(image, Cancellation).Pixels);
    }

    [Fact]
    public void Tiles_with_too_little_in_common_show_at_their_seams()
    {
        // The test above can fail: without an overlap it does.
        var file = Save("blur", UpscalerNetwork.Random(2));
        using var tiled = new Upscaler(OnnxGraph.Load(file, Sessions), tile: 48, overlap: 0);
        using var whole = new Upscaler(OnnxGraph.Load(file, Sessions), tile: 1000, overlap: 4);
        var image = Noise(96, 96);
        Assert.NotEqual(whole.Upscale(image, Cancellation).Pixels, tiled.Upscale(image, Cancellation).Pixels);
    }

    [Theory]
    [InlineData(20, 90)]
    [InlineData(64, 64)]
    [InlineData(130, 40)]
    public void Graph_of_one_size_makes_pictures_of_any(int width, int height)
    {
        using var upscaler = Upscaler.Load(Save("fixed", UpscalerNetwork.Repeating(2, OnnxType.Float, 64)));
        Assert.True(upscaler.HasFixedSize);
        var image = Noise(width, height);
        Assert.Equal(ImageResize.Magnify(image, 2).Pixels, upscaler.Upscale(image, Cancellation).Pixels);
    }

    [Theory]
    [InlineData(30, 30, 1)]
    [InlineData(60, 60, 1)]
    [InlineData(100, 61, 2)]
    [InlineData(400, 400, 3)]
    public void Picture_is_made_larger_until_it_is_large_enough_and_then_brought_to_size(int width, int height, int rounds)
    {
        using var upscaler = Upscaler.Load(Save("twice", UpscalerNetwork.Repeating(2, OnnxType.Float)));
        var image = Noise(30, 30);
        var expected = width == 30 ? image : LanczosResampling.Resize(ImageResize.Magnify(image, 1 << rounds), width, height);
        Assert.Equal(expected.Pixels, upscaler.Enlarge(image, width, height, Cancellation).Pixels);
    }

    public static TheoryData<OnnxFile, string> Refused => new()
    {
        { UpscalerNetwork.Repeating(2, OnnxType.Float).Input("more", OnnxType.Float, 1), "an upscaler has one input, this graph has 2 (image, more)" },
        {
            new OnnxFile().Input("image", OnnxType.Float, 1, 4, "h", "w").Output("out", OnnxType.Float, 1, 4, "h", "w").Node("Neg", ["image"], ["out"]),
            "an upscaler's input is [1, 3, h, w] of float32 or float16; 'image' is [1, 4, -1, -1] of Float"
        },
        {
            new OnnxFile().Input("image", OnnxType.Int64, 1, 3, "h", "w").Output("out", OnnxType.Int64, 1, 3, "h", "w").Node("Neg", ["image"], ["out"]),
            "'image' is [1, 3, -1, -1] of Int64"
        },
        {
            new OnnxFile().Input("image", OnnxType.Float, 1, 3, "h", "w").Output("out", OnnxType.Float, 1, 3, "h2", "w")
                .Node("Concat", ["image", "image"], ["out"], OnnxFile.Attribute("axis", 2)),
            "it makes [1, 3, 64, 32] of [1, 3, 32, 32]; an upscaler makes both sides the same whole number of times larger, 1…16"
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Graph_that_is_no_upscaler_is_refused_with_the_reason(OnnxFile graph, string message)
    {
        var error = Assert.Throws<CheckpointException>(() => Upscaler.Load(Save("bad", graph)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_pass_uses_an_upscaler_by_its_name_and_unknown_names_are_answered_with_the_known()
    {
        Save("x2-repeat", UpscalerNetwork.Repeating(2, OnnxType.Float));
        Save("broken", new OnnxFile().Input("image", OnnxType.Float, 1).Output("out", OnnxType.Float, 1).Node("Neg", ["image"], ["out"]));
        var options = new PipelineOptions { UpscalerFolder = _folder.FullName };
        using var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint), options);
        var request = new GenerationRequest { Prompt = "a red circle", Steps = 3, HiresScale = 2, HiresUpscaler = "x2-repeat", HiresStrength = 0 };
        var small = await pipeline.GenerateAsync(request with { HiresScale = 1 }, cancellation: Cancellation);
        var large = await pipeline.GenerateAsync(request, cancellation: Cancellation);
        Assert.Equal(ImageResize.Magnify(small.Image, 2).Pixels, large.Image.Pixels);
        Assert.NotEqual(large.Image.Pixels, (await pipeline.GenerateAsync(request with { HiresStrength = 0.5 }, cancellation: Cancellation)).Image.Pixels);

        var unknown = await Assert.ThrowsAsync<GenerationException>(() => pipeline.GenerateAsync(request with { HiresUpscaler = "../x2-repeat" }, cancellation: Cancellation));
        Assert.Equal("hires_upscaler is ../x2-repeat; allowed: latent, lanczos, broken, x2-repeat.", unknown.Message);
        var broken = await Assert.ThrowsAsync<GenerationException>(() => pipeline.GenerateAsync(request with { HiresUpscaler = "broken" }, cancellation: Cancellation));
        Assert.Equal(GenerationError.BadRequest, broken.Error);
        Assert.StartsWith("hires_upscaler: Checkpoint file ", broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_pass_uses_an_upscaler_by_the_digest_of_its_file_until_the_file_is_another()
    {
        Save("x2", UpscalerNetwork.Repeating(2));
        var held = UpscalerFile.ReadFolder(_folder.FullName).Single();
        var request = new GenerationRequest { Prompt = "a red circle", Steps = 3, HiresScale = 2, HiresUpscaler = held.Digest, HiresStrength = 0 };
        using var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint), new PipelineOptions { UpscalerFolder = _folder.FullName });

        var byDigest = await pipeline.GenerateAsync(request, cancellation: Cancellation);
        Assert.Equal((await pipeline.GenerateAsync(request with { HiresUpscaler = "x2" }, cancellation: Cancellation)).Image.Pixels, byDigest.Image.Pixels);

        Save("x2", UpscalerNetwork.Random(2));
        using var later = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint), new PipelineOptions { UpscalerFolder = _folder.FullName });
        var missing = await Assert.ThrowsAsync<GenerationException>(() => later.GenerateAsync(request, cancellation: Cancellation));
        Assert.Equal(GenerationError.UpscalerMissing, missing.Error);
        Assert.Contains(held.Digest, missing.Message, StringComparison.Ordinal);
    }

    private string Save(string name, OnnxFile graph) => graph.Save(Path.Combine(_folder.FullName, name + ".onnx"));

    private static RgbImage Noise(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        new Random((width * 1000) + height).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }
}
