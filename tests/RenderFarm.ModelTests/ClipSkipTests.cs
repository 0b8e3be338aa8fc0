using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Onnx.Weights;
using RenderFarm.Diffusion.Text;
using RenderFarm.Testing;
using RenderFarm.Testing.Onnx;
using Xunit;

namespace RenderFarm.ModelTests;

/// <summary>
/// Clip skip on a text encoder that gives out its layers, as a tiny graph of 12 layers: layer k is layer k−1 times a constant, and the last output is layer
/// <c>normed</c> after the final layer norm.
/// </summary>
public sealed class ClipSkipTests : IDisposable
{
    private const int Layers = 12;
    private const int Width = 4;
    private const double Tolerance = 1e-5;

    private static readonly int[] Ids = [2, 0, 1, 2];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-clip-skip-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(12)]
    [InlineData(13)]
    public void Layer_n_from_the_end_is_taken_and_normed_like_the_last(int clipSkip)
    {
        // What a graph gives whose last output is that very layer, normed by ONNX Runtime.
        var expected = Encode(Graph(normed: Layers + 1 - clipSkip), 1);
        Close.Assert(expected, Encode(Graph(), clipSkip), Tolerance, $"clip skip {clipSkip}");
    }

    [Fact]
    public void Layers_differ_so_that_taking_the_wrong_one_shows() =>
        Assert.Equal(Layers + 1, Enumerable.Range(1, Layers + 1).Select(skip => string.Join(' ', Encode(Graph(), skip))).Distinct().Count());

    [Fact]
    public void Layer_beyond_the_first_is_refused_with_those_there_are()
    {
        using var encoder = Open(Graph());
        var error = Assert.Throws<GenerationException>(() => encoder.RequireLayer(14));
        Assert.Equal((GenerationError.BadRequest, "clip_skip is 14; allowed: 1…13."), (error.Error, error.Message));
        Assert.Throws<GenerationException>(() => encoder.RequireLayer(0));
    }

    [Fact]
    public void Graph_whose_norm_cannot_be_found_refuses_every_layer_but_the_last()
    {
        using var encoder = Open(Graph(norm: "onnx::Mul_17"));
        encoder.RequireLayer(1);
        Assert.Equal(
            "clip_skip is 2; allowed: 1, because the final layer norm of this checkpoint's text encoder cannot be read from its graph.",
            Assert.Throws<GenerationException>(() => encoder.RequireLayer(2)).Message);
    }

    [Fact]
    public void Constant_of_a_real_graph_is_found_by_the_end_of_its_name()
    {
        var file = Path.Combine(Repository.DemoCheckpoint, "text_encoder", "model.onnx");
        // The demo checkpoint keeps its weights in half precision.
        var weight = OnnxWeights.Find(file, "final_layer_norm.weight_f16");
        Assert.Equal(96, weight!.Length);
        Assert.All(weight, value => Assert.InRange(value, 0.1f, 10f));
        Assert.Null(OnnxWeights.Find(file, "no_such_constant"));
    }

    private static float[] Encode(ClipTextEncoder encoder, int clipSkip)
    {
        using (encoder)
        {
            var embedding = new float[Ids.Length * Width];
            encoder.Encode(Ids, clipSkip, embedding);
            return embedding;
        }
    }

    private float[] Encode(OnnxFile graph, int clipSkip) => Encode(Open(graph), clipSkip);

    private ClipTextEncoder Open(OnnxFile graph)
    {
        var file = graph.Save(Path.Combine(_folder.FullName, $"{Guid.NewGuid()}.onnx"));
        return new ClipTextEncoder(OnnxGraph.Load(file, new OnnxSessionFactory(new PipelineOptions { Threads = 1 })));
    }

    private static OnnxFile Graph(int normed = Layers, string norm = "text_model.final_layer_norm")
    {
        var graph = new OnnxFile()
            .Input("input_ids", OnnxType.Int64, "batch", "sequence")
            .Output("last_hidden_state", OnnxType.Float, "batch", "sequence", Width)
            .Constant("table", [1, -2, 3, 0.5f, 0.25f, 4, -1, 2, -3, 1, 1.5f, -0.5f], 3, Width)
            .Constant($"{norm}.weight", [0.5f, 1, 2, 1.5f], Width)
            .Constant($"{norm}.bias", [0.1f, -0.2f, 0.3f, 0], Width)
            .Node("Gather", ["table", "input_ids"], ["hidden_states.0"]);
        for (var layer = 1; layer <= Layers; layer++)
        {
            graph.Constant($"factor{layer}", [1.1f, 0.9f - (0.01f * layer), 1.2f, 0.8f], Width)
                .Node("Mul", [$"hidden_states.{layer - 1}", $"factor{layer}"], [$"hidden_states.{layer}"]);
        }

        for (var layer = 0; layer <= Layers; layer++) graph.Output($"hidden_states.{layer}", OnnxType.Float, "batch", "sequence", Width);
        return graph.Node("LayerNormalization", [$"hidden_states.{normed}", $"{norm}.weight", $"{norm}.bias"], ["last_hidden_state"]);
    }
}
