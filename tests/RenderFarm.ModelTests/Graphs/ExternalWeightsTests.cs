using System.Diagnostics;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Onnx.Weights;
using RenderFarm.Testing.Onnx;
using Xunit;

namespace RenderFarm.ModelTests.Graphs;

/// <summary>A graph that would have ONNX Runtime read a file of somebody else is refused before ONNX Runtime sees it.</summary>
public sealed class ExternalWeightsTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("renderfarm-external-");
    private readonly string _folder;

    public ExternalWeightsTests()
    {
        _folder = Directory.CreateDirectory(Path.Combine(_root.FullName, "unet")).FullName;
        File.WriteAllBytes(Path.Combine(_root.FullName, "secret"), new byte[16]);
    }

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData("../secret")]
    [InlineData("/etc/hostname")]
    [InlineData("..\\secret")]
    [InlineData("C:secret")]
    [InlineData("sub/../../secret")]
    [InlineData("./weights")]
    [InlineData("..")]
    [InlineData("")]
    public void Location_outside_the_folder_is_refused(string location)
    {
        var error = Assert.Throws<CheckpointException>(() => Load(location));
        Assert.Contains($"keeps weights in '{location}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_to_a_file_elsewhere_is_refused()
    {
        var link = Path.Combine(_folder, "weights");
        File.CreateSymbolicLink(link, Path.Combine(_root.FullName, "secret"));
        Assert.Contains($"{link}: it is a link", Assert.Throws<CheckpointException>(() => Load("weights")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weights")]
    [InlineData("model.onnx")]
    public void File_with_a_second_name_elsewhere_is_refused(string linked)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Hard links are made with ln.");
        File.WriteAllBytes(Path.Combine(_folder, "weights"), new byte[16]);
        var file = Path.Combine(_folder, linked);
        using (Load("weights"))
        {
            // Loads as long as nobody else has a name for it.
        }

        Link(file, Path.Combine(_root.FullName, "another name"));
        Assert.Contains($"{file}: it has 2 names (hard links)", Assert.Throws<CheckpointException>(() => Reload()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_with_a_second_name_is_loaded_where_hard_links_are_allowed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Hard links are made with ln.");
        File.WriteAllBytes(Path.Combine(_folder, "weights"), new byte[16]);
        Link(Path.Combine(_folder, "weights"), Path.Combine(_root.FullName, "another name"));
        Assert.Throws<CheckpointException>(() => Load("weights"));
        using var graph = Reload(new PipelineOptions { AllowHardLinks = true });
        Assert.Equal("y", graph.Output("y").Name);
    }

    [Fact]
    public void Missing_weights_are_named() =>
        Assert.Contains(Path.Combine(_folder, "weights"), Assert.Throws<CheckpointException>(() => Load("weights")).Message, StringComparison.Ordinal);

    [Fact]
    public void Location_inside_a_subgraph_is_found_too()
    {
        var inner = new Protobuf().Text(2, "inner").Message(5, new Protobuf().Number(1, 4).Number(2, 1).Text(8, "w")
            .Message(13, new Protobuf().Text(1, "location").Text(2, "../secret")).Number(14, 1));
        var file = Graph().Node("If", ["condition"], ["y"], new Protobuf().Text(1, "then_branch").Message(6, inner).Number(20, 5))
            .Save(Path.Combine(_folder, "model.onnx"));
        Assert.Contains("../secret", Assert.Throws<CheckpointException>(() => ExternalWeights.Check(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Location_inside_a_functions_default_for_an_attribute_is_found_too()
    {
        var tensor = new Protobuf().Message(13, new Protobuf().Text(1, "location").Text(2, "../secret"));
        var function = new Protobuf().Message(11, new Protobuf().Text(1, "value").Message(5, tensor));
        var file = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(file, new Protobuf().Message(25, function).ToArray());
        Assert.Contains("../secret", Assert.Throws<CheckpointException>(() => ExternalWeights.Check(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Location_whose_value_stands_before_its_key_is_found_too()
    {
        var tensor = new Protobuf().Message(13, new Protobuf().Text(2, "../secret").Text(1, "location"));
        var file = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(file, new Protobuf().Message(7, new Protobuf().Message(5, tensor)).ToArray());
        Assert.Contains("../secret", Assert.Throws<CheckpointException>(() => ExternalWeights.Check(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_beside_the_graph_are_loaded()
    {
        File.WriteAllBytes(Path.Combine(_folder, "weights.pb"), new byte[16]);
        using var graph = Load("weights.pb");
        Assert.Equal("y", graph.Output("y").Name);
    }

    [Theory]
    [InlineData(new byte[] { 0xff })]
    [InlineData(new byte[] { 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f })]
    [InlineData(new byte[] { 0x0f, 0x00 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    public void File_that_is_no_graph_is_refused(byte[] content)
    {
        var file = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(file, content);
        Assert.Contains("not an ONNX file", Assert.Throws<CheckpointException>(() => ExternalWeights.Check(file)).Message, StringComparison.Ordinal);
    }

    private static OnnxFile Graph() => new OnnxFile().Input("x", OnnxType.Float, 4).Output("y", OnnxType.Float, 4);

    private OnnxGraph Reload(PipelineOptions? options = null) =>
        OnnxGraph.Load(Path.Combine(_folder, "model.onnx"), new OnnxSessionFactory(options ?? new PipelineOptions()));

    private static void Link(string file, string name)
    {
        using var run = Process.Start("ln", [file, name]);
        run.WaitForExit();
        Assert.Equal(0, run.ExitCode);
    }

    private OnnxGraph Load(string location) => OnnxGraph.Load(
        Graph().External("w", location, 4).Node("Add", ["x", "w"], ["y"]).Save(Path.Combine(_folder, "model.onnx")),
        new OnnxSessionFactory(new PipelineOptions()));
}
