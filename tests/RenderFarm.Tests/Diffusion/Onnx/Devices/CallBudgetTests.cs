using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Onnx.Devices;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx.Devices;

public sealed class CallBudgetTests
{
    private const long GiB = 1L << 30;
    private const int Square = 512 * 512;

    [Fact]
    public void CPU_keeps_calls_of_two_small_rows_because_more_only_make_steps_longer() =>
        Assert.Equal(131_072, CallBudget.Pixels(new PipelineOptions { DeviceMemoryMegabytes = 80_000 }, ExecutionDevice.Cpu));

    [Theory]
    [InlineData(8, 0, 4)]
    [InlineData(24, 0, 12)]
    [InlineData(80, 0, 40)]
    [InlineData(80, 16_384, 8)]
    [InlineData(8, 16_384, 4)]
    public void GPU_takes_as_many_rows_of_512x512_as_half_of_what_it_may_use_holds(int memory, int limit, int rows) =>
        Assert.Equal((long)rows * Square, CallBudget.OnGpu(memory * GiB, limit));

    [Fact]
    public void GPU_whose_memory_nobody_tells_is_taken_for_a_small_one_or_for_what_the_options_allow()
    {
        Assert.Equal(CallBudget.OnGpu(8 * GiB, 0), CallBudget.OnGpu(null, 0));
        Assert.Equal(CallBudget.OnGpu(40 * GiB, 0), CallBudget.OnGpu(null, 40 * 1024));
    }

    [Fact]
    public void Number_that_the_options_name_is_taken_on_every_device() =>
        Assert.Equal(Square, CallBudget.Pixels(new PipelineOptions { MaxPixelsPerCall = Square }, ExecutionDevice.Cpu));

    [Theory]
    [InlineData(8, 0, 16)]
    [InlineData(64, 0, 128)]
    [InlineData(64, 20, 20)]
    public void Rows_follow_the_slots_unless_the_options_name_them(int slots, int rows, int expected) =>
        Assert.Equal(expected, new PipelineOptions { Slots = slots, MaxRows = rows }.RowsPerCall);
}
