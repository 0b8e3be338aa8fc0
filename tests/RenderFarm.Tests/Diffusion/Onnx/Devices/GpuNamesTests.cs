using RenderFarm.Diffusion.Onnx.Devices;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx.Devices;

public sealed class GpuNamesTests
{
    private static readonly (uint Vendor, uint Kind) Intel = (0x8086, 0x4680);
    private static readonly (uint Vendor, uint Kind) Ada = (0x10de, 0x2684);
    private static readonly (uint Vendor, uint Kind) Hopper = (0x10de, 0x2330);

    [Fact]
    public void Device_is_called_what_the_driver_calls_the_one_of_its_index() =>
        Assert.Equal("nvidia-h100-80gb-hbm3", GpuNames.Of(1, "NVIDIA H100 80GB HBM3", [Ada, Hopper]));

    [Fact]
    public void Kind_is_known_without_the_driver_where_all_GPUs_are_alike() => Assert.Equal("10de-2330", GpuNames.Of(1, null, [Intel, Hopper, Hopper]));

    [Fact]
    public void Different_GPUs_have_different_names_when_nobody_says_which_of_them_an_index_is()
    {
        Assert.Equal("10de-2330+10de-2684-cuda0", GpuNames.Of(0, null, [Ada, Hopper]));
        Assert.Equal("10de-2330+10de-2684-cuda1", GpuNames.Of(1, null, [Ada, Hopper]));
    }

    [Fact]
    public void GPU_that_CUDA_cannot_be_running_on_gives_no_name() => Assert.Equal("unknown-cuda2", GpuNames.Of(2, null, [Intel]));
}
