using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Onnx.Devices;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx.Devices;

public sealed class CudaSettingsTests
{
    private static readonly CudaSettings Plain = new(Device: 3, DeterminismClass.Reproducible, MemoryMegabytes: 0, Graphs: false);

    [Fact]
    public void Reproducible_session_has_no_TF32_and_no_convolution_picked_by_timing() => Assert.Equal(
        ["arena_extend_strategy=kSameAsRequested", "cudnn_conv_algo_search=DEFAULT", "device_id=3", "use_tf32=0"], Options(Plain));

    [Fact]
    public void Fast_session_has_both() => Assert.Equal(
        ["arena_extend_strategy=kSameAsRequested", "cudnn_conv_algo_search=EXHAUSTIVE", "device_id=3", "use_tf32=1"],
        Options(Plain with { Determinism = DeterminismClass.Fast }));

    [Fact]
    public void Memory_limit_goes_to_the_arena_in_bytes() =>
        Assert.Equal(["gpu_mem_limit=10737418240"], Options(Plain with { MemoryMegabytes = 10_240 }).Except(Options(Plain)));

    [Fact]
    public void Graphs_are_captured_where_asked_for() =>
        Assert.Equal(["enable_cuda_graph=1"], Options(Plain with { Graphs = true }).Except(Options(Plain)));

    private static string[] Options(CudaSettings settings) =>
        [.. settings.ToProviderOptions().Select(option => $"{option.Key}={option.Value}").Order(StringComparer.Ordinal)];
}
