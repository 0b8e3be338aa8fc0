using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Onnx.Devices;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx.Devices;

public sealed class ExecutionDeviceTests
{
    private static readonly string[] CpuBuild = ["CPUExecutionProvider"];
    private static readonly string[] GpuBuild = ["CUDAExecutionProvider", "CPUExecutionProvider"];

    [Theory]
    [InlineData("auto", 0)]
    [InlineData("cuda", 0)]
    [InlineData("cuda:3", 3)]
    [InlineData("cpu", null)]
    public void Build_with_CUDA_takes_the_device_asked_for(string text, int? cuda) =>
        Assert.Equal(cuda, ExecutionDevice.Parse(text, GpuBuild).Cuda);

    [Theory]
    [InlineData("auto")]
    [InlineData("cpu")]
    public void Build_without_CUDA_runs_on_the_CPU(string text) => Assert.Equal(ExecutionDevice.Cpu, ExecutionDevice.Parse(text, CpuBuild));

    [Fact]
    public void Build_without_CUDA_that_is_asked_for_it_says_how_to_get_it()
    {
        var error = Assert.Throws<NotSupportedException>(() => ExecutionDevice.Parse("cuda:1", CpuBuild));
        Assert.Contains("device is 'cuda:1'", error.Message, StringComparison.Ordinal);
        Assert.Contains("-p:OnnxRuntimeFlavor=Gpu", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("CPU")]
    public void Unknown_device_is_answered_with_what_is_allowed(string text)
    {
        var error = Assert.Throws<ArgumentException>(() => ExecutionDevice.Parse(text, GpuBuild));
        Assert.Contains($"device is '{text}'; allowed: auto, cpu, cuda or cuda:N.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeterminismClass.Reproducible, 0, "")]
    [InlineData(DeterminismClass.Reproducible, 8, "-rows8")]
    [InlineData(DeterminismClass.Fast, 0, "-fast")]
    public void Options_that_move_bits_make_another_environment(DeterminismClass determinism, int rows, string ending)
    {
        var plain = ExecutionDevice.Cpu.Describe(new PipelineOptions { Threads = 3, Slots = 1, MaxRows = 4 });
        Assert.Equal(plain, ExecutionDevice.Cpu.Describe(new PipelineOptions()));
        Assert.Equal(
            plain with { Device = plain.Device + ending }, ExecutionDevice.Cpu.Describe(new PipelineOptions { Determinism = determinism, FixedRows = rows }));
    }
}
