using Microsoft.Extensions.Time.Testing;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.Tests.Testing;

public sealed class FaultProxyDelayTests
{
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(0.6);

    [Fact]
    public async Task Delay_whose_timer_fires_early_is_waited_for_again()
    {
        var (clock, delay) = (new EarlyClock(), TimeSpan.FromMilliseconds(80));
        var begun = clock.GetTimestamp();
        var waiting = WholeDelay.WaitAsync(clock, delay, TestContext.Current.CancellationToken);

        clock.Advance(delay - Early);
        Assert.Equal(1, clock.Fired);
        while (!waiting.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            clock.Advance(TimeSpan.FromMilliseconds(0.1));
        }

        Assert.InRange(clock.GetElapsedTime(begun), delay, TimeSpan.MaxValue);
    }

    [Fact]
    public void No_delay_is_no_wait() => Assert.True(WholeDelay.WaitAsync(new EarlyClock(), TimeSpan.Zero, TestContext.Current.CancellationToken).IsCompletedSuccessfully);

    /// <summary>A clock whose timers fire sooner than they were asked to.</summary>
    private sealed class EarlyClock : TimeProvider
    {
        private readonly FakeTimeProvider _true = new();

        public int Fired { get; private set; }

        public override long TimestampFrequency => _true.TimestampFrequency;

        public override long GetTimestamp() => _true.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            _true.CreateTimer(
                given =>
                {
                    Fired++;
                    callback(given);
                },
                state,
                dueTime - Early,
                period);

        public void Advance(TimeSpan time) => _true.Advance(time);
    }
}
