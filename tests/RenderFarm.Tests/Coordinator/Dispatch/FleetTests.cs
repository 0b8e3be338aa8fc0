using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Workers;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Dispatch;

public sealed class FleetTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Device_takes_its_limit_and_class_into_the_fleet()
    {
        var device = Device(new DeviceCapabilities("cpu", 4, "p", 1) { PixelsPerImage = 262_144, Determinism = DeterminismClasses.Fast });

        var load = Assert.Single(Fleet.Compose([Worker()], [device], [], Noon));

        Assert.Equal((262_144L, true), (load.PixelsPerImage!.Value, load.IsFast));
    }

    [Fact]
    public void Device_of_a_worker_that_says_neither_takes_every_size_and_is_reproducible()
    {
        var load = Assert.Single(Fleet.Compose([Worker()], [Device(new DeviceCapabilities("cpu", 4, "p", 1))], [], Noon));

        Assert.Equal((null, false), (load.PixelsPerImage, load.IsFast));
    }

    private static FarmDevice Device(DeviceCapabilities said)
    {
        var device = new FarmDevice { Worker = "alpha", Device = said.Device, Slots = said.Slots, Profile = said.Profile, AnnouncedSpeed = 1 };
        AnnouncedDevices.Apply(device, said);
        return device;
    }

    private static FarmWorker Worker() => new() { Name = "alpha", Incarnation = Guid.Empty, Checkpoints = ["c"], FirstSeenAt = Noon, LastSeenAt = Noon };
}
