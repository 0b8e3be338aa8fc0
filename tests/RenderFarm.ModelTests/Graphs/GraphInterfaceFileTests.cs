using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Testing;
using RenderFarm.Testing.Onnx;
using RenderFarm.Testing.Onnx.Networks;
using Xunit;

namespace RenderFarm.ModelTests.Graphs;

/// <summary>A graph's interface read from its file is the one that a session of ONNX Runtime declares.</summary>
public sealed class GraphInterfaceFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("renderfarm-interface-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(TinyLayout.Legacy)]
    [InlineData(TinyLayout.Optimum)]
    [InlineData(TinyLayout.Olive)]
    [InlineData(TinyLayout.Demo)]
    public void File_and_session_agree_in_every_layout(TinyLayout layout) =>
        Compare((TinyCheckpoint.StableDiffusionXL(layout) with { Safety = new SafetyNetwork() }).Write(_folder));

    [Fact]
    public void File_and_session_agree_on_the_demo_checkpoint() => Compare(Repository.DemoCheckpoint);

    [Fact]
    public void Constant_among_the_inputs_is_not_asked_for()
    {
        var file = new OnnxFile().Input("x", OnnxType.Float, "n").Input("one", OnnxType.Float, 1).Constant("one", [1f], 1)
            .Output("y", OnnxType.Float, "n").Node("Add", ["x", "one"], ["y"]).Save(Path.Combine(_folder, "old.onnx"));
        Assert.Equal("x", Assert.Single(GraphInterfaceFile.Read(file).Inputs).Name);
    }

    [Fact]
    public void File_that_is_not_ONNX_is_named()
    {
        var file = Path.Combine(_folder, "text.onnx");
        File.WriteAllText(file, "this is no graph");
        Assert.Contains(file, Assert.Throws<CheckpointException>(() => GraphInterfaceFile.Read(file)).Message, StringComparison.Ordinal);
    }

    private static void Compare(string folder)
    {
        var files = Directory.GetFiles(folder, "*.onnx", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            using var graph = OnnxGraph.Load(file, new OnnxSessionFactory(new PipelineOptions { Threads = 1 }));
            var read = GraphInterfaceFile.Read(file);
            Compare(graph.Interface.Inputs, read.Inputs);
            Compare(graph.Interface.Outputs, read.Outputs);
        }
    }

    private static void Compare(IReadOnlyList<TensorSpec> session, IReadOnlyList<TensorSpec> file)
    {
        Assert.Equal(session.Count, file.Count);
        foreach (var tensor in session)
        {
            var read = Assert.Single(file, read => read.Name == tensor.Name);
            Assert.Equal(tensor.ElementType, read.ElementType);
            // A session infers the lengths of outputs that the file leaves open.
            Assert.Equal(tensor.Dimensions, read.Dimensions.Zip(tensor.Dimensions, (inFile, inSession) => inFile < 0 ? inSession : inFile));
        }
    }
}
