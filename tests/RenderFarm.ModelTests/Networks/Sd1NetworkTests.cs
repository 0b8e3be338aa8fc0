using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Vae;
using RenderFarm.Testing;
using RenderFarm.Testing.Onnx;
using RenderFarm.Testing.Onnx.Networks;
using Xunit;

namespace RenderFarm.ModelTests.Networks;

/// <summary>
/// Stable Diffusion 1's three networks with random weights (golden/sd1), as graphs that the tests' own builder wrote, against what diffusers 0.27.2 and
/// transformers 4.45 gave for the same weights. It proves the builder, on which the tests of all other kinds of checkpoints rest, and our way of calling it.
/// </summary>
public sealed class Sd1NetworkTests : IDisposable
{
    // Float32 sums in another order than torch's; measured 7.2e-6, and what other instruction sets may add.
    private const double Tolerance = 3e-5;

    private static readonly string Golden = Repository.PathTo("tests", "RenderFarm.ModelTests", "golden", "sd1");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-sd1-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1, "out_last_hidden_state")]
    [InlineData(2, "out_clip_skip_1")]
    public void Text_encoder_gives_what_torch_gave(int clipSkip, string expected)
    {
        var io = Safetensors.Read(Path.Combine(Golden, "io_text_encoder.safetensors"));
        using var encoder = new ClipTextEncoder(Load(Clip.Build(WeightsOf("text_encoder", "model"))));
        Close.Assert(io.Floats(expected), EncodeAll(encoder, io, clipSkip), Tolerance, "embedding");
    }

    [Fact]
    public void Last_layer_but_one_comes_without_the_final_norm_where_SDXL_asks_for_it()
    {
        var io = Safetensors.Read(Path.Combine(Golden, "io_text_encoder.safetensors"));
        using var encoder = new ClipTextEncoder(Load(Clip.Build(WeightsOf("text_encoder", "model"))), penultimate: true);
        Close.Assert(io.Floats("out_hidden_states_2"), EncodeAll(encoder, io, 1), Tolerance, "embedding");
        Close.Assert(io.Floats("out_hidden_states_1"), EncodeAll(encoder, io, 2), Tolerance, "embedding");
    }

    [Theory]
    [InlineData(0, 16, 16, 77)]
    [InlineData(1, 8, 24, 13)]
    public void UNet_gives_every_row_what_torch_gave(int shape, int height, int width, int tokens)
    {
        var io = Safetensors.Read(Path.Combine(Golden, "io_unet.safetensors"));
        using var unet = new UNet(Load(Network.Build(WeightsOf("unet", "diffusion_pytorch_model"))));
        var latent = new LatentShape(4, height, width);
        using var call = unet.Prepare(2, latent, tokens, 24);
        for (var row = 0; row < 2; row++)
        {
            Row(io.Floats($"in{shape}_sample"), row).CopyTo(call.Sample(row));
            call.SetTimestep(row, io.Longs($"in{shape}_timestep")[row]);
            call.SetConditioning(row, new Conditioning(new PromptEmbedding(Row(io.Floats($"in{shape}_encoder_hidden_states"), row).ToArray(), tokens, 24)));
        }

        using var options = new RunOptions();
        unet.Run(call, options);
        for (var row = 0; row < 2; row++) Close.Assert(Row(io.Floats($"out{shape}_sample"), row), call.Prediction(row), Tolerance, $"row {row}");
    }

    [Theory]
    [InlineData(0, 2, 4, 4)]
    [InlineData(1, 1, 8, 5)]
    public void Decoder_gives_the_pixels_that_torch_gave(int shape, int rows, int height, int width)
    {
        var io = Safetensors.Read(Path.Combine(Golden, "io_vae.safetensors"));
        using var decoder = new VaeDecoder(Load(Vae.BuildDecoder(WeightsOf("vae", "diffusion_pytorch_model"))), scale: 1, factor: 8);
        var pixels = height * width * 64;
        for (var row = 0; row < rows; row++)
        {
            var image = decoder.Decode(io.Floats($"in{shape}_latent").AsSpan(row * 4 * height * width, 4 * height * width), new LatentShape(4, height, width), TestContext.Current.CancellationToken);
            var expected = VaeDecoder.ToPixels(io.Floats($"out{shape}_decoded").AsSpan(row * 3 * pixels, 3 * pixels), pixels);
            Assert.All(expected.Zip(image.Pixels), pair => Assert.InRange(pair.Second - pair.First, -1, 1));
            Assert.InRange(expected.Zip(image.Pixels).Count(pair => pair.First != pair.Second), 0, 3);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Encoder_gives_the_mean_and_variance_that_torch_gave(int shape)
    {
        var io = Safetensors.Read(Path.Combine(Golden, "io_vae.safetensors"));
        var file = Vae.BuildEncoder(WeightsOf("vae", "diffusion_pytorch_model")).Save(Path.Combine(_folder.FullName, "vae.onnx"));
        using var session = new InferenceSession(file);
        using var options = new RunOptions();
        using var image = OrtValue.CreateTensorValueFromMemory(io.Floats($"in{shape}_image"), io.Shape($"in{shape}_image"));
        using var results = session.Run(options, ["sample"], [image], ["latent_parameters"]);
        var (mean, variance) = (io.Floats($"out{shape}_mean"), io.Floats($"out{shape}_logvar"));
        var row = mean.Length / (int)io.Shape($"out{shape}_mean")[0];
        var given = results[0].GetTensorDataAsSpan<float>();
        for (var start = 0; start < mean.Length; start += row)
        {
            Close.Assert(mean.AsSpan(start, row), given.Slice(2 * start, row), Tolerance, "mean");
            Close.Assert(variance.AsSpan(start, row), given.Slice((2 * start) + row, row), Tolerance, "logarithm of the variance");
        }
    }

    private static ClipNetwork Clip => new(Width: 24, Layers: 3, Heads: 4, Vocabulary: 600, EndId: 599) { GivesLayers = true };

    private static UNetNetwork Network => new([16, 24, 32, 32], [true, true, true, false], Heads: 4, TextWidth: 24, Groups: 8) { TimestepType = OnnxType.Int64 };

    private static VaeNetwork Vae => new([8, 16, 16, 24], Layers: 2, Groups: 4);

    private static Weights WeightsOf(string folder, string file) => WeightSource.From(Safetensors.Read(Path.Combine(Golden, folder, $"{file}.safetensors")));

    private static Span<float> Row(float[] values, int row) => values.AsSpan(row * values.Length / 2, values.Length / 2);

    private static float[] EncodeAll(ClipTextEncoder encoder, Safetensors io, int clipSkip)
    {
        var embedding = new float[77 * 24];
        return [.. io.Longs("in_input_ids").Chunk(77).SelectMany(ids =>
        {
            encoder.Encode([.. ids.Select(id => (int)id)], clipSkip, embedding);
            return embedding.ToArray();
        })];
    }

    private OnnxGraph Load(OnnxFile graph) =>
        OnnxGraph.Load(graph.Save(Path.Combine(_folder.FullName, $"{Guid.NewGuid()}.onnx")), new OnnxSessionFactory(new PipelineOptions { Threads = 1 }));
}
