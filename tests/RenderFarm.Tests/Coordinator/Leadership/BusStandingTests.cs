using Microsoft.Extensions.Time.Testing;
using RenderFarm.Coordinator.Leadership;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Leadership;

public sealed class BusStandingTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private readonly FakeTimeProvider _clock = new();
    private readonly BusStanding _bus;

    public BusStandingTests() => _bus = new BusStanding(_clock);

    [Fact]
    public void Bus_that_is_away_for_three_seconds_offers_the_leadership()
    {
        _bus.Look(isUp: true);
        Pass(BusStanding.Settling - Moment, isUp: false);
        Assert.False(_bus.IsAway);
        Pass(Moment, isUp: false);
        Assert.True(_bus.IsAway);
    }

    [Fact]
    public void Bus_that_returns_in_time_keeps_it_and_so_does_one_that_returns_later()
    {
        _bus.Look(isUp: true);
        Pass(BusStanding.Settling - Moment, isUp: false);
        Pass(Moment, isUp: true);
        Assert.False(_bus.IsAway);

        Pass(BusStanding.Settling - Moment, isUp: false);
        Assert.False(_bus.IsAway);
        Pass(BusStanding.Settling, isUp: false);
        Assert.True(_bus.IsAway);
        Pass(Moment, isUp: true);
        Assert.False(_bus.IsAway);
    }

    [Fact]
    public void Only_a_bus_that_has_been_up_for_three_seconds_takes_what_is_offered()
    {
        _bus.Look(isUp: true);
        Assert.False(_bus.IsSettled);
        Pass(BusStanding.Settling, isUp: true);
        Assert.True(_bus.IsSettled);

        Pass(Moment, isUp: false);
        Assert.False(_bus.IsSettled);
        Pass(BusStanding.Settling - Moment, isUp: true);
        Assert.False(_bus.IsSettled);
        Pass(Moment, isUp: true);
        Assert.True(_bus.IsSettled);
    }

    [Fact]
    public void Candidate_without_a_bus_leaves_a_vacant_leadership_to_others_for_a_while()
    {
        Pass(Moment, isUp: false);
        Assert.Equal(BusStanding.Courtesy, _bus.Deference);
        Pass(Moment, isUp: true);
        Assert.Equal(TimeSpan.Zero, _bus.Deference);
    }

    [Fact]
    public void Bus_that_has_just_started_is_neither_away_nor_settled()
    {
        _bus.Look(isUp: false);
        Assert.Equal((false, false), (_bus.IsAway, _bus.IsSettled));
    }

    private void Pass(TimeSpan time, bool isUp)
    {
        _clock.Advance(time);
        _bus.Look(isUp);
    }
}
