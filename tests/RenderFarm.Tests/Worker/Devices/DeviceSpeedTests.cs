using RenderFarm.Contracts.Workers;
using RenderFarm.Worker.Devices;
using Xunit;

namespace RenderFarm.Tests.Worker.Devices;

public sealed class DeviceSpeedTests
{
    [Fact]
    public void Nothing_is_known_before_an_image_and_a_failed_one_says_nothing()
    {
        var speed = new DeviceSpeed();
        speed.End(speed.Begin(), null, TimeSpan.FromSeconds(1));
        Assert.Empty(speed.Measured());
    }

    [Fact]
    public void Images_that_share_a_device_are_its_speed_together()
    {
        var speed = new DeviceSpeed();
        speed.End(speed.Begin(), 100, TimeSpan.FromSeconds(1));
        var (first, second) = (speed.Begin(), speed.Begin());
        speed.End(second, 100, TimeSpan.FromSeconds(1));
        Assert.Equal([new SharedSpeed(1, 100), new SharedSpeed(2, 200)], speed.Measured());
        speed.End(first, 300, TimeSpan.FromSeconds(1));
        Assert.Equal([new SharedSpeed(1, 140), new SharedSpeed(2, 200)], speed.Measured());
    }
}
