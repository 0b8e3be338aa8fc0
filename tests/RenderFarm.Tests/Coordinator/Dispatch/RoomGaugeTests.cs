using RenderFarm.Coordinator.Dispatch;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Dispatch;

public sealed class RoomGaugeTests
{
    private readonly RoomGauge _gauge = new();

    [Fact]
    public void Before_the_first_round_one_is_of_use() => Assert.True(End("a", 1));

    [Fact]
    public void No_round_is_of_use_while_nothing_waits()
    {
        Round(false, Device("a", held: 1, slots: 8));

        Assert.False(End("a", 1));
    }

    [Theory]
    [InlineData(24, 8, 6)]
    [InlineData(256, 8, 64)]
    [InlineData(2, 1, 1)]
    [InlineData(4, 1, 1)]
    [InlineData(9, 8, 1)]
    [InlineData(10, 8, 2)]
    [InlineData(3, 8, 1)]
    public void Round_is_of_use_when_a_quarter_of_what_a_device_held_has_ended_or_nothing_is_left_behind_its_slots(int held, int slots, int ended)
    {
        Round(true, Device("a", held, slots));

        Assert.Equal(ended, Enumerable.Range(1, held).First(_ => End("a", 1)));
    }

    [Fact]
    public void One_device_that_runs_dry_is_enough_however_much_the_others_hold()
    {
        Round(true, Device("full", 200, 8), Device("dry", 12, 8));

        Assert.False(End("full", 20));
        Assert.True(_gauge.Ended([("full", "cpu"), ("dry", "cpu"), ("dry", "cpu"), ("dry", "cpu")]));
    }

    [Fact]
    public void Whoever_has_nothing_on_any_device_gets_the_first_room()
    {
        _gauge.Begin();
        _gauge.End(true, true, [Device("a", 200, 8)]);

        Assert.True(End("a", 1));
    }

    [Fact]
    public void Device_that_no_round_has_seen_is_worth_one()
    {
        Round(true, Device("a", 200, 8));

        Assert.True(End("new", 1));
    }

    [Fact]
    public void What_ends_during_a_round_counts_when_it_is_over()
    {
        Round(true, Device("a", 200, 8));
        _gauge.Begin();
        Assert.False(End("a", 49));
        _gauge.End(true, false, [Device("a", 200, 8)]);

        Assert.True(End("a", 1));
    }

    [Fact]
    public void What_ended_before_a_round_does_not_count_after_it()
    {
        Round(true, Device("a", 200, 8));
        Assert.False(End("a", 49));
        Round(true, Device("a", 200, 8));

        Assert.False(End("a", 49));
    }

    [Fact]
    public void Round_under_way_may_find_anything()
    {
        Round(false, Device("a", 1, 8));
        _gauge.Begin();

        Assert.True(End("a", 1));
    }

    private void Round(bool somethingWaits, params DeviceLoad[] devices)
    {
        _gauge.Begin();
        _gauge.End(somethingWaits, false, devices);
    }

    private bool End(string worker, int count) => _gauge.Ended(Enumerable.Repeat((worker, "cpu"), count));

    private static DeviceLoad Device(string worker, int held, int slots)
    {
        var device = new DeviceLoad { Worker = worker, Device = "cpu", Slots = slots, Profile = "p", Speed = 1, IsMeasured = true, Checkpoints = new HashSet<string>() };
        device.Add(held, held);
        return device;
    }
}
