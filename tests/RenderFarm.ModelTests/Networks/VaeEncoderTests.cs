using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Vae;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using RenderFarm.Testing.Onnx;
using Xunit;

namespace RenderFarm.ModelTests.Networks;

/// <summary>The two kinds of VAE encoder graph that exporters write, and checkpoints without one.</summary>
public sealed class VaeEncoderTests : IDisposable
{
    private static readonly LatentShape Shape = new(4, 8, 8);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-vae-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The demo checkpoint has both graphs; its <c>latent_sample</c> is the mean.</summary>
    [Fact]
    public void Parameters_are_sampled_here_and_a_sample_is_taken_as_it_is()
    {
        var image = Picture();
        using var parameters = Open("model_parameters.onnx");
        using var sampled = Open("model.onnx");
        var mean = sampled.Encode(image, Shape, new NoNoise());
        Close.Assert(mean, parameters.Encode(image, Shape, new Constant(0)), 1e-5, "mean");
        var drawn = parameters.Encode(image, Shape, new Constant(1));
        Assert.All(drawn.Zip(mean), pair => Assert.True(pair.First > pair.Second));
        Assert.Equal(drawn, parameters.Encode(image, Shape, new Constant(1)));
    }

    [Fact]
    public void Variance_is_held_within_what_diffusers_allows()
    {
        float[] parameters = [1, 2, 3, 100, -100, 0];
        var latent = new float[3];
        VaeEncoder.Sample(parameters, new Constant(1), latent);
        Assert.Equal([1 + (float)Math.Exp(10), 2 + (float)Math.Exp(-15), 4], latent);
    }

    [Fact]
    public void Graph_with_neither_output_is_refused_with_those_it_has()
    {
        var file = new OnnxFile().Input("sample", OnnxType.Float, 1, 3, "h", "w").Output("z", OnnxType.Float, 1, 3, "h", "w").Node("Neg", ["sample"], ["z"])
            .Save(Path.Combine(_folder.FullName, "model.onnx"));
        using var graph = OnnxGraph.Load(file, new OnnxSessionFactory(new PipelineOptions()));
        var error = Assert.Throws<CheckpointException>(() => new VaeEncoder(graph, 1, 8));
        Assert.Contains("no output 'latent_parameters' or 'latent_sample'; it has z", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Encoder_that_draws_noise_of_its_own_is_refused_by_name_where_images_must_be_reproducible()
    {
        var copy = Copied();
        Directory.Delete(Path.Combine(copy, "vae_encoder"), recursive: true);
        var file = Sampling().Save(Path.Combine(copy, "vae_encoder", "model.onnx"));
        var request = new GenerationRequest { Prompt = "a red circle", Steps = 2, InitialImage = Picture() };
        using (var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(copy)))
        {
            var error = await Assert.ThrowsAsync<GenerationException>(() => pipeline.GenerateAsync(request, cancellation: TestContext.Current.CancellationToken));
            Assert.Equal(GenerationError.BadRequest, error.Error);
            Assert.StartsWith("initial_image: this checkpoint cannot begin from a picture and make the same image twice.", error.Message, StringComparison.Ordinal);
            Assert.Contains($"{file} draws noise of its own (RandomNormalLike)", error.Message, StringComparison.Ordinal);
            await pipeline.GenerateAsync(request with { InitialImage = null }, cancellation: TestContext.Current.CancellationToken);
        }

        using var fast = StableDiffusionPipeline.Load(Checkpoint.Open(copy), new PipelineOptions { Determinism = DeterminismClass.Fast });
        await fast.GenerateAsync(request, cancellation: TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Random_operator_is_found_in_a_branch_and_in_a_function_too()
    {
        var plain = new OnnxFile().Node("Neg", ["x"], ["y"]);
        Assert.Null(RandomOperators.Find(plain.Save(Path.Combine(_folder.FullName, "plain.onnx"))));
        var branch = new Protobuf().Message(1, new Protobuf().Text(4, "RandomNormal"));
        var branched = new OnnxFile().Node("If", ["x"], ["y"], new Protobuf().Text(1, "then_branch").Message(6, branch));
        Assert.Equal("RandomNormal", RandomOperators.Find(branched.Save(Path.Combine(_folder.FullName, "branch.onnx"))));
        var function = new Protobuf().Message(25, new Protobuf().Message(7, new Protobuf().Text(4, "Bernoulli"))).ToArray();
        var file = Path.Combine(_folder.FullName, "function.onnx");
        File.WriteAllBytes(file, [.. plain.ToArray(), .. function]);
        Assert.Equal("Bernoulli", RandomOperators.Find(file));
    }

    [Fact]
    public async Task Checkpoint_without_an_encoder_makes_images_from_text_and_refuses_pictures()
    {
        Copied();
        Directory.Delete(Path.Combine(_folder.FullName, "vae_encoder"), recursive: true);
        using var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(_folder.FullName));
        var request = new GenerationRequest { Prompt = "a red circle", Steps = 1 };
        await pipeline.GenerateAsync(request, cancellation: TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<GenerationException>(
            () => pipeline.GenerateAsync(request with { InitialImage = Picture() }, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(GenerationError.BadRequest, error.Error);
        Assert.StartsWith("initial_image: this checkpoint cannot begin from a picture. Checkpoint file ", error.Message, StringComparison.Ordinal);
        Assert.Contains("the file is missing", error.Message, StringComparison.Ordinal);
    }

    private string Copied()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.DemoCheckpoint, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder.FullName, Path.GetRelativePath(Repository.DemoCheckpoint, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return _folder.FullName;
    }

    /// <summary>Three of four channels are the picture's eighth, under noise; the fourth is the first again.</summary>
    private static OnnxFile Sampling() => new OnnxFile()
        .Input("sample", OnnxType.Float, 1, 3, "H", "W").Output("latent_sample", OnnxType.Float, 1, 4, "h", "w")
        .Constant("axis", new long[] { 1 }, 1).Constant("from", new long[] { 0 }, 1).Constant("to", new long[] { 1 }, 1)
        .Node("AveragePool", ["sample"], ["small"], OnnxFile.Attribute("kernel_shape", [8, 8]), OnnxFile.Attribute("strides", [8, 8]))
        .Node("Slice", ["small", "from", "to", "axis"], ["first"])
        .Node("Concat", ["small", "first"], ["mean"], OnnxFile.Attribute("axis", 1))
        .Node("RandomNormalLike", ["mean"], ["noise"])
        .Node("Add", ["mean", "noise"], ["latent_sample"]);

    private static VaeEncoder Open(string file) =>
        new(OnnxGraph.Load(Path.Combine(Repository.DemoCheckpoint, "vae_encoder", file), new OnnxSessionFactory(new PipelineOptions())), 0.18215f, 8);

    private static RgbImage Picture()
    {
        var pixels = new byte[64 * 64 * 3];
        new Random(1).NextBytes(pixels);
        return new RgbImage(64, 64, pixels);
    }

    private sealed class Constant(float value) : INoiseStream
    {
        public void Draw(Span<float> destination) => destination.Fill(value);
    }

    private sealed class NoNoise : INoiseStream
    {
        public void Draw(Span<float> destination) => throw new InvalidOperationException("A sample needs no noise.");
    }
}
