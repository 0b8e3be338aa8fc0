using RenderFarm.Diffusion.Onnx.Devices;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx.Devices;

public sealed class CudaDriverTests
{
    [Fact]
    public void Device_that_is_not_there_has_no_name_and_no_memory_whether_or_not_there_is_a_driver()
    {
        Assert.Null(CudaDriver.NameOf(4_095));
        Assert.Null(CudaDriver.MemoryOf(4_095));
    }
}
