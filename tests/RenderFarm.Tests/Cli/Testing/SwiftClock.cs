namespace RenderFarm.Tests.Cli.Testing;

/// <summary>A clock on which pauses of up to ten seconds pass at once, moving the time on; longer limits are never reached by waiting.</summary>
internal sealed class SwiftClock : TimeProvider
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private long ticks;

    /// <summary>How much time has passed in pauses.</summary>
    public TimeSpan Passed => TimeSpan.FromTicks(Volatile.Read(ref ticks));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref ticks);

    public override DateTimeOffset GetUtcNow() => new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime > Longest) return new Passing();
        Interlocked.Add(ref ticks, dueTime.Ticks);
        ThreadPool.QueueUserWorkItem(_ => callback(state));
        return new Passing();
    }

    private sealed class Passing : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
