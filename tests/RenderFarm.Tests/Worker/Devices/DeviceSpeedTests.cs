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
        Assert.Empty(speed.ByRows());
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

    [Fact]
    public void Images_a_second_are_told_by_rows_of_which_guidance_takes_two()
    {
        var speed = new DeviceSpeed();
        speed.End(speed.Begin(2), 100, TimeSpan.FromSeconds(4));
        var (guided, plain) = (speed.Begin(2), speed.Begin(1));
        speed.End(plain, 100, TimeSpan.FromSeconds(1));
        speed.End(guided, 100, TimeSpan.FromSeconds(2));
        Assert.Equal([new RowSpeed(2, 0.3), new RowSpeed(3, 2)], speed.ByRows());
    }

    [Fact]
    public void Image_that_fails_takes_its_rows_away_with_it()
    {
        var speed = new DeviceSpeed();
        speed.End(speed.Begin(2), null, TimeSpan.FromSeconds(1));
        speed.End(speed.Begin(1), 100, TimeSpan.FromSeconds(1));
        Assert.Equal([new RowSpeed(1, 1)], speed.ByRows());
    }
}
