using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Onnx.Devices;
using RenderFarm.Testing.Onnx;
using Xunit;

namespace RenderFarm.ModelTests.Memory;

/// <summary>
/// Tensors bound in memory of the device's own: on the CPU an allocation apart from our arrays, which takes the same path as a GPU's memory does.
/// </summary>
public sealed class DeviceMemoryTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-device-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(OnnxType.Float, TensorElementType.Float)]
    [InlineData(OnnxType.Float16, TensorElementType.Float16)]
    [InlineData(OnnxType.Int64, TensorElementType.Int64)]
    public void What_is_written_reaches_the_device_and_what_it_wrote_comes_back_call_after_call(OnnxType type, TensorElementType element)
    {
        using var session = Open(type);
        using var memory = DeviceMemory.Of(session, OrtMemoryInfo.DefaultInstance);
        using var input = new FloatTensor(memory, element, 3);
        using var output = new FloatTensor(memory, element, 3);
        using var binding = session.CreateIoBinding();
        binding.BindInput("x", input.Value);
        binding.BindOutput("y", output.Value);
        using var options = CallOptions.Captured();
        for (var call = 1; call <= 3; call++)
        {
            float[] values = [call, 10 * call, -call];
            values.CopyTo(input.Values);
            input.ToGraph();
            session.RunWithBinding(options, binding);
            output.FromGraph();
            Assert.Equal(values.Select(value => 2 * value), output.Values.ToArray());
        }
    }

    [Fact]
    public void What_is_not_sent_again_stays_as_it_was()
    {
        using var session = Open(OnnxType.Float);
        using var memory = DeviceMemory.Of(session, OrtMemoryInfo.DefaultInstance);
        using var tensor = new FloatTensor(memory, TensorElementType.Float, 3);
        tensor.Values.Fill(1);
        tensor.ToGraph();
        tensor.Values.Fill(2);
        Assert.Equal([1f, 1, 1], tensor.Value.GetTensorDataAsSpan<float>().ToArray());
        tensor.FromGraph();
        Assert.Equal([1f, 1, 1], tensor.Values.ToArray());
    }

    [Fact]
    public void Tensors_of_the_host_are_bound_in_place()
    {
        using var tensor = new FloatTensor(TensorElementType.Float, 3);
        tensor.Values.Fill(2);
        Assert.Equal([2f, 2, 2], tensor.Value.GetTensorDataAsSpan<float>().ToArray());
    }

    /// <summary>y = x + x.</summary>
    private InferenceSession Open(OnnxType type) => new OnnxSessionFactory(new PipelineOptions { Device = "cpu" }).ForKeptBuffers().Open(
        new OnnxFile().Input("x", type, 3).Output("y", type, 3).Node("Add", ["x", "x"], ["y"]).Save(Path.Combine(_folder.FullName, "model.onnx")));
}
