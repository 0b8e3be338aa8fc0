using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class StepWatchTests
{
    private static readonly Guid One = new(1, 0, 0, new byte[8]);
    private static readonly Guid Two = new(2, 0, 0, new byte[8]);
    private readonly StepWatch _watch = new(TimeSpan.FromSeconds(60));

    [Fact]
    public void Idle_engine_is_never_stuck()
    {
        Assert.Null(_watch.StuckFor(At(1e6)));
        _watch.Step(One, At(0));
        _watch.End(One, At(1));
        Assert.Null(_watch.StuckFor(At(1e6)));
    }

    [Fact]
    public void Engine_without_a_step_for_a_minute_is_stuck_when_its_steps_are_fast()
    {
        Steps(20, seconds: 0.1);
        Assert.Null(_watch.StuckFor(At(61)));
        Assert.Equal(TimeSpan.FromSeconds(61), _watch.StuckFor(At(63)));
    }

    [Fact]
    public void Slow_engine_gets_thirty_steps_of_time()
    {
        Steps(20, seconds: 10);
        Assert.Null(_watch.StuckFor(At(200 + 299)));
        Assert.NotNull(_watch.StuckFor(At(200 + 301)));
    }

    [Fact]
    public void First_call_may_take_ten_times_as_long()
    {
        _watch.Step(One, At(0));
        Assert.Null(_watch.StuckFor(At(599)));
        Assert.NotNull(_watch.StuckFor(At(601)));
    }

    [Fact]
    public void Step_of_any_image_shows_that_the_engine_lives()
    {
        Steps(20, seconds: 0.1);
        _watch.Step(Two, At(50));
        Assert.Null(_watch.StuckFor(At(100)));
        _watch.End(Two, At(100));
        Assert.Null(_watch.StuckFor(At(150)));
    }

    private static DateTimeOffset At(double seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);

    private void Steps(int count, double seconds)
    {
        for (var step = 0; step <= count; step++) _watch.Step(One, At(step * seconds));
    }
}
