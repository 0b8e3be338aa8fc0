using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Testing.Onnx;
using Xunit;

namespace RenderFarm.ModelTests.Memory;

/// <summary>A graph that asks for more memory than there is, as ONNX Runtime itself says it.</summary>
public sealed class SideCallMemoryTests : IDisposable
{
    private const long TooMany = 1L << 50;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-memory-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Graph_beside_the_UNet_that_does_not_fit_is_run_once_more_while_the_UNet_rests()
    {
        var sessions = new OnnxSessionFactory(new PipelineOptions { Threads = 1 });
        var rests = 0;
        sessions.SideCalls!.WhileUNetRests = call =>
        {
            rests++;
            call();
        };
        using var graph = OnnxGraph.Load(File, sessions);
        Assert.Throws<InsufficientMemoryException>(() => Run(graph));
        Assert.Equal(1, rests);
    }

    [Fact]
    public void UNet_that_does_not_fit_is_left_to_the_engine()
    {
        using var graph = OnnxGraph.Load(File, new OnnxSessionFactory(new PipelineOptions { Threads = 1 }).ForKeptBuffers());
        Assert.Throws<InsufficientMemoryException>(() => Run(graph));
    }

    private string File => new OnnxFile().Input("shape", OnnxType.Int64, 1).Output("y", OnnxType.Float, "n").Node("ConstantOfShape", ["shape"], ["y"])
        .Save(Path.Combine(_folder.FullName, "model.onnx"));

    private static void Run(OnnxGraph graph)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { TooMany }, [1]);
        using var binding = graph.Bind();
        using var options = new RunOptions();
        binding.BindInput("shape", input);
        binding.BindOutputToDevice("y", OrtMemoryInfo.DefaultInstance);
        graph.Run(options, binding);
    }
}
