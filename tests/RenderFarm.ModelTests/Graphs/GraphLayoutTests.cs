using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;
using RenderFarm.Testing.Onnx;
using Xunit;

namespace RenderFarm.ModelTests.Graphs;

/// <summary>
/// UNets in the layouts that exporters write, as tiny graphs: out = sample + timestep. Names, ranks and element types are read from each graph.
/// </summary>
public sealed class GraphLayoutTests : IDisposable
{
    private static readonly LatentShape Shape = new(4, 2, 2);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-layout-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(OnnxType.Float, OnnxType.Float)]
    [InlineData(OnnxType.Float, OnnxType.Int64)]
    [InlineData(OnnxType.Float16, OnnxType.Float16)]
    [InlineData(OnnxType.Float16, OnnxType.Float)]
    public void Timestep_per_row_reaches_each_row_in_the_type_the_graph_takes(OnnxType latent, OnnxType timestep)
    {
        using var unet = Open(Layout(latent, timestep, "batch"));
        Assert.True(unet.TimestepPerRow);
        Assert.Equal([101, 502], Run(unet, 100, 500));
    }

    [Theory]
    [InlineData(OnnxType.Float)]
    [InlineData(OnnxType.Int64)]
    public void Optimum_graph_with_a_scalar_timestep_takes_one_for_all_rows(OnnxType timestep)
    {
        using var unet = Open(Layout(OnnxType.Float, timestep));
        Assert.False(unet.TimestepPerRow);
        Assert.Equal([501, 502], Run(unet, 500, 500));
    }

    [Fact]
    public void Graph_with_a_timestep_of_fixed_length_one_takes_one_for_all_rows()
    {
        using var unet = Open(Layout(OnnxType.Float, OnnxType.Float, 1));
        Assert.False(unet.TimestepPerRow);
        Assert.Equal([301, 302], Run(unet, 300, 300));
    }

    [Fact]
    public void Fractional_timestep_is_truncated_for_a_graph_that_takes_integers()
    {
        using var unet = Open(Layout(OnnxType.Float, OnnxType.Int64, "batch"));
        Assert.Equal([101, 502], Run(unet, 100.9f, 500.5f));
    }

    [Fact]
    public void Unknown_input_is_named_with_the_file()
    {
        var file = Layout(OnnxType.Float, OnnxType.Float, "batch").Input("mystery", OnnxType.Float, 1).Node("Identity", ["mystery"], ["unused"]).Save(Path.Combine(_folder.FullName, "model.onnx"));
        var error = Assert.Throws<CheckpointException>(() => new UNet(OnnxGraph.Load(file, Sessions)));
        Assert.Contains($"{file}: the graph has an unknown input 'mystery'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OnnxType.Int32, 1, "'timestep' is of Int32; allowed: Float, Float16 or Int64")]
    [InlineData(OnnxType.Float, 2, "its input 'timestep' has 2 dimensions; allowed: 0 or 1")]
    public void Timestep_of_a_type_or_rank_that_nobody_exports_is_refused(OnnxType type, int rank, string reason)
    {
        var file = Layout(OnnxType.Float, type, [.. Enumerable.Repeat<object>("batch", rank)]).Save(Path.Combine(_folder.FullName, "model.onnx"));
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => new UNet(OnnxGraph.Load(file, Sessions))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_input_is_answered_with_those_there_are()
    {
        var file = new OnnxFile().Input("sample", OnnxType.Float, "b", 4, "h", "w").Output("out_sample", OnnxType.Float, "b", 4, "h", "w")
            .Node("Identity", ["sample"], ["out_sample"]).Save(Path.Combine(_folder.FullName, "model.onnx"));
        var error = Assert.Throws<CheckpointException>(() => new UNet(OnnxGraph.Load(file, Sessions)));
        Assert.Contains("no input 'timestep'; it has sample", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Channels_behind_the_latent_reach_the_graph_with_it()
    {
        var file = new OnnxFile().Input("sample", OnnxType.Float, "b", 9, "h", "w").Input("timestep", OnnxType.Float, "b")
            .Input("encoder_hidden_states", OnnxType.Float, "b", "s", 8).Output("out_sample", OnnxType.Float, "b", 4, "h", "w")
            .Constant("first", [5L], 1).Constant("last", [9L], 1).Constant("channel", [1L], 1)
            .Node("Slice", ["sample", "first", "last", "channel"], ["out_sample"]).Save(Path.Combine(_folder.FullName, "model.onnx"));
        using var unet = new UNet(OnnxGraph.Load(file, Sessions));
        Assert.Equal((4, 5), (unet.Layout.Channels, unet.Layout.ExtraChannels));
        using var call = unet.Prepare(2, Shape, 77, 8, new ExtraInputs(0, 0, 0, 5, false));
        for (var row = 0; row < 2; row++)
        {
            call.Sample(row).Fill(-1);
            float[] channels = [.. Enumerable.Range(0, 5 * 4).Select(i => (100f * row) + i)];
            call.SetConditioning(row, new Conditioning(new PromptEmbedding(new float[77 * 8], 77, 8)) { Channels = channels });
        }

        using var options = new RunOptions();
        unet.Run(call, options);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => 104f + i), call.Prediction(1).ToArray());
    }

    private static OnnxSessionFactory Sessions => new(new PipelineOptions());

    /// <summary>out_sample = sample + timestep + 0 × text, with the timestep's dimensions as given (none for a scalar).</summary>
    private static OnnxFile Layout(OnnxType latent, OnnxType timestep, params object[] timestepShape) => new OnnxFile()
        .Input("sample", latent, "batch", 4, "height", "width")
        .Input("timestep", timestep, timestepShape)
        .Input("encoder_hidden_states", latent, "batch", "sequence", 8)
        .Output("out_sample", latent, "batch", 4, "height", "width")
        .Constant("column", [-1L, 1, 1, 1], 4)
        .Node("Cast", ["timestep"], ["timestep_cast"], OnnxFile.Attribute("to", (long)latent))
        .Node("Reshape", ["timestep_cast", "column"], ["timestep_column"])
        .Node("Add", ["sample", "timestep_column"], ["out_sample"]);

    private UNet Open(OnnxFile graph) => new(OnnxGraph.Load(graph.Save(Path.Combine(_folder.FullName, "model.onnx")), Sessions));

    /// <summary>Two rows of constants 1 and 2; the first number of each row's prediction.</summary>
    private static float[] Run(UNet unet, float first, float second)
    {
        using var call = unet.Prepare(2, Shape, 77, 8);
        using var options = new RunOptions();
        for (var row = 0; row < 2; row++)
        {
            call.Sample(row).Fill(row + 1);
            call.SetTimestep(row, row == 0 ? first : second);
            call.SetConditioning(row, new Conditioning(new PromptEmbedding(new float[77 * 8], 77, 8)));
        }

        unet.Run(call, options);
        return [call.Prediction(0)[0], call.Prediction(1)[0]];
    }
}
