using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Safety;
using RenderFarm.Imaging;
using RenderFarm.Testing.Onnx;
using RenderFarm.Testing.Onnx.Networks;
using Xunit;

namespace RenderFarm.ModelTests.Networks;

/// <summary>A checker that dislikes red pictures, by itself and through the pipeline.</summary>
public sealed class SafetyCheckerTests : IDisposable
{
    private static readonly ClipPreprocessing Standard = ClipPreprocessing.Read("no such file");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-safety-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(OnnxType.Float)]
    [InlineData(OnnxType.Float16)]
    public void Graph_that_answers_yes_or_no_scores_1_or_0(OnnxType type)
    {
        using var checker = Open(new SafetyNetwork(type));
        Assert.Equal(new SafetyVerdict(true, 1), checker.Check(Plain(40, 24, 200, 10, 10)));
        Assert.Equal(new SafetyVerdict(false, 0), checker.Check(Plain(24, 40, 10, 10, 200)));
    }

    [Fact]
    public void Graph_that_gives_a_number_gives_the_score()
    {
        using var checker = Open(new SafetyNetwork { GivesScore = true });
        var (red, redder, blue) = (checker.Check(Plain(32, 32, 150, 0, 0)), checker.Check(Plain(32, 32, 250, 0, 0)), checker.Check(Plain(32, 32, 0, 0, 250)));
        Assert.Equal((true, true, false), (red.Flag, redder.Flag, blue.Flag));
        // 0 less the mean, over the deviation, as red's and blue's constants have it.
        Assert.Equal((((150 / 255.0) - 0.48145466) / 0.26862954) + (0.40821073 / 0.27577711), red.Score, 3);
        Assert.True(redder.Score > red.Score && blue.Score < 0);
    }

    [Fact]
    public async Task Result_says_what_the_checker_says_and_the_picture_is_the_same_as_without_it()
    {
        var tiny = TinyCheckpoint.StableDiffusion1();
        using var unscored = Load(tiny);
        using var scored = Load(tiny with { Safety = new SafetyNetwork() });
        var flags = new HashSet<bool>();
        for (var seed = 0u; seed < 12; seed++)
        {
            var request = new GenerationRequest { Prompt = "a", Seed = seed, Steps = 1, GuidanceScale = 1 };
            var (plain, verdict) = (await unscored.GenerateAsync(request, cancellation: Cancellation), await scored.GenerateAsync(request, cancellation: Cancellation));
            Assert.Equal(plain.Image.Pixels, verdict.Image.Pixels);
            Assert.Equal((null, null), (plain.SafetyFlag, plain.SafetyScore));
            Assert.Equal(verdict.SafetyFlag == true ? 1.0 : 0.0, verdict.SafetyScore);
            flags.Add(verdict.SafetyFlag!.Value);
        }

        Assert.NotEmpty(flags);
    }

    [Fact]
    public void Preprocessing_is_read_from_its_configuration()
    {
        var file = Path.Combine(_folder.FullName, "preprocessor_config.json");
        File.WriteAllText(file, """{ "crop_size": { "height": 4, "width": 4 }, "size": { "shortest_edge": 4 }, "image_mean": [0, 0, 0], "image_std": [1, 1, 0.5] }""");
        var planes = new float[3 * 16];
        var preprocessing = ClipPreprocessing.Read(file);
        preprocessing.Write(Plain(4, 4, 255, 51, 102), planes);
        Assert.Equal(4, preprocessing.Size);
        Assert.Equal([1f, 0.2f, 0.8f], [planes[0], planes[16], planes[47]]);
    }

    [Theory]
    [InlineData("""{ "crop_size": 0 }""", "its member 'crop_size' is 0; allowed: 1…1024")]
    [InlineData("""{ "image_std": [1, 0, 1] }""", "its member 'image_std' is not three numbers above 0")]
    [InlineData("""{ "image_mean": [1] }""", "its member 'image_mean' is not three numbers above -1")]
    public void Damaged_configuration_is_named(string content, string reason)
    {
        var file = Path.Combine(_folder.FullName, "preprocessor_config.json");
        File.WriteAllText(file, content);
        Assert.Contains($"{file}: {reason}", Assert.Throws<CheckpointException>(() => ClipPreprocessing.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Middle_square_of_a_long_picture_is_seen()
    {
        // Left and right thirds red, the middle blue.
        var pixels = new byte[90 * 30 * 3];
        for (var i = 0; i < 90 * 30; i++) pixels[(i * 3) + (i % 90 is >= 30 and < 60 ? 2 : 0)] = 255;
        using var checker = Open(new SafetyNetwork());
        Assert.False(checker.Check(new RgbImage(90, 30, pixels)).Flag);
    }

    private static RgbImage Plain(int width, int height, byte red, byte green, byte blue) =>
        new(width, height, [.. Enumerable.Range(0, width * height).SelectMany(_ => new[] { red, green, blue })]);

    private SafetyChecker Open(SafetyNetwork network)
    {
        var file = network.Build().Save(Path.Combine(_folder.FullName, $"{Guid.NewGuid()}.onnx"));
        return new SafetyChecker(OnnxGraph.Load(file, new OnnxSessionFactory(new PipelineOptions { Threads = 1 })), Standard);
    }

    private StableDiffusionPipeline Load(TinyCheckpoint tiny) => StableDiffusionPipeline.Load(
        Checkpoint.Open(tiny.Write(Path.Combine(_folder.FullName, Guid.NewGuid().ToString()))), new PipelineOptions { Threads = 1 });
}
