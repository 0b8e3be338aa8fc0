using RenderFarm.Worker;
using RenderFarm.Worker.Devices;
using Xunit;

namespace RenderFarm.Tests.Worker.Devices;

public sealed class DeviceNamesTests
{
    [Fact]
    public void One_device_keeps_the_name_of_its_queue_whichever_it_is() =>
        Assert.Equal([("main", "cuda:1")], DeviceNames.Of(new WorkerOptions { Device = "cuda:1" }));

    [Fact]
    public void Several_are_named_without_what_queues_do_not_take()
    {
        Assert.Equal([("cuda0", "cuda:0"), ("cuda1", "cuda:1")], DeviceNames.Of(new WorkerOptions { Devices = "cuda:0,cuda:1" }));
        Assert.Equal([("cpu0", "cpu"), ("cpu1", "cpu")], DeviceNames.Of(new WorkerOptions { Devices = "cpu:0,cpu:1" }));
    }

    [Fact]
    public void Every_device_of_a_build_without_cuda_is_its_cpu() => Assert.Equal([("cpu", "cpu")], DeviceNames.Of(new WorkerOptions { Devices = "auto" }));

    [Fact]
    public void Device_that_is_named_twice_is_refused() =>
        Assert.Contains("cuda0 twice", Assert.Throws<NotSupportedException>(() => DeviceNames.Of(new WorkerOptions { Devices = "cuda,cuda:0" })).Message, StringComparison.Ordinal);
}
