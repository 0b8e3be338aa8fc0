using CsCheck;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Rescue;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Rescue;

public sealed class LeaseClockTests
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(3);

    [Fact]
    public void No_lease_ages_before_the_first_probe_has_come_back_and_all_start_anew_then()
    {
        var clock = new LeaseClock(Tolerance);
        Assert.Equal(LeaseState.Deaf, clock.Read(At(0)).State);
        var probe = clock.Send(At(0));
        Assert.Equal(LeaseState.Deaf, clock.Read(At(0.5)).State);

        clock.Return(probe);

        var reading = clock.Read(At(1));
        Assert.Equal(LeaseState.StartAnew, reading.State);
        Assert.Equal(LeaseState.StartAnew, clock.Read(At(1.5)).State);
        clock.StartedAnew(reading);
        Assert.Equal(LeaseState.Age, clock.Read(At(2)).State);
    }

    [Fact]
    public void Leases_are_judged_at_the_time_when_the_latest_returned_probe_was_sent()
    {
        var clock = Running(out var now);
        var (first, second) = (clock.Send(At(now + 0.5)), clock.Send(At(now + 1)));

        clock.Return(first);
        Assert.Equal(At(now + 0.5), clock.Read(At(now + 1.4)).Heard);
        clock.Return(second);
        clock.Return(first);
        Assert.Equal(At(now + 1), clock.Read(At(now + 1.5)).Heard);
    }

    [Fact]
    public void Gap_of_the_broker_stops_the_clock_and_ends_with_a_fresh_start()
    {
        var clock = Running(out var now);
        var lost = clock.Send(At(now + 0.5));
        for (var passed = 0.5; passed <= 3; passed += 0.5) Assert.Equal((LeaseState.Age, At(now)), Shown(clock.Read(At(now + passed))));
        for (var passed = 3.5; passed <= 60; passed += 0.5) Assert.Equal(LeaseState.Deaf, clock.Read(At(now + passed)).State);

        // What left before the gap was noticed proves nothing about the time since.
        clock.Return(lost);
        Assert.Equal(LeaseState.Deaf, clock.Read(At(now + 60)).State);
        clock.Return(clock.Send(At(now + 60)));

        var reading = clock.Read(At(now + 60.5));
        Assert.Equal(LeaseState.StartAnew, reading.State);
        clock.StartedAnew(reading);
        Assert.Equal((LeaseState.Age, At(now + 60)), Shown(clock.Read(At(now + 61))));
    }

    [Fact]
    public void Look_that_comes_late_makes_every_lease_start_anew()
    {
        var clock = Running(out var now);
        clock.Return(clock.Send(At(now + 0.5)));

        Assert.Equal(LeaseState.Deaf, clock.Read(At(now + 3_600)).State);
        clock.Return(clock.Send(At(now + 3_600)));
        Assert.Equal(LeaseState.StartAnew, clock.Read(At(now + 3_600.5)).State);
    }

    [Fact]
    public void Change_of_leader_during_a_fresh_start_asks_for_another_one()
    {
        var clock = Running(out var now);
        clock.Doubt(At(now));
        clock.Return(clock.Send(At(now + 0.5)));
        var reading = clock.Read(At(now + 0.6));

        clock.Doubt(At(now + 0.7));
        clock.StartedAnew(reading);

        Assert.Equal(LeaseState.Deaf, clock.Read(At(now + 1)).State);
    }

    [Fact]
    public void Doubled_and_unknown_probes_are_no_news()
    {
        var clock = Running(out var now);
        var probe = clock.Send(At(now + 0.5));
        clock.Return(probe);
        clock.Return(probe);
        clock.Return(4711);
        Assert.Equal(At(now + 0.5), clock.Read(At(now + 1)).Heard);
    }

    [Fact]
    public void Whatever_happens_the_clock_never_passes_a_probe_that_came_back_nor_goes_backwards() =>
        Gen.Select(Gen.Int[0, 3], Gen.Double[0, 4], Gen.Int[1, 20]).Array[1, 200].Sample(steps =>
        {
            var clock = new LeaseClock(Tolerance);
            var (now, returned, last) = (0.0, DateTimeOffset.MinValue, DateTimeOffset.MinValue);
            var sent = new Dictionary<long, DateTimeOffset>();
            foreach (var (kind, passed, which) in steps)
            {
                now += passed;
                if (kind == 0) sent[clock.Send(At(now))] = At(now);
                if (kind == 1) clock.Doubt(At(now));
                if (kind == 2)
                {
                    clock.Return(which);
                    if (sent.TryGetValue(which, out var time) && time > returned) returned = time;
                }

                var reading = clock.Read(At(now));
                if (reading.State == LeaseState.StartAnew) clock.StartedAnew(reading);
                if (reading.State == LeaseState.Deaf) continue;
                Assert.InRange(reading.Heard, last, returned);
                last = reading.Heard;
            }
        });

    [Fact]
    public void Tolerance_is_a_heartbeat_at_the_usual_lease_and_three_looks_at_a_short_one()
    {
        Assert.Equal(TimeSpan.FromSeconds(3), LeaseClock.ToleranceOf(new CoordinatorOptions()));
        Assert.Equal(TimeSpan.FromSeconds(1.5), LeaseClock.ToleranceOf(new CoordinatorOptions { LeaseDuration = TimeSpan.FromSeconds(1) }));
    }

    private static (LeaseState, DateTimeOffset) Shown(LeaseReading reading) => (reading.State, reading.Heard);

    private static LeaseClock Running(out double now)
    {
        var clock = new LeaseClock(Tolerance);
        now = 10;
        clock.Return(clock.Send(At(now)));
        clock.StartedAnew(clock.Read(At(now)));
        return clock;
    }

    private static DateTimeOffset At(double seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);
}
