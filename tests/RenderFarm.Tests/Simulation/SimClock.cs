namespace RenderFarm.Tests.Simulation;

/// <summary>Virtual time: events in order of their time, then of their making. One seed, one order.</summary>
internal sealed class SimClock
{
    private readonly PriorityQueue<Action, (long Ticks, long Order)> _events = new();
    private long _order;

    public DateTimeOffset Now { get; private set; } = DateTimeOffset.UnixEpoch.AddDays(1);

    /// <summary>Seconds since the start.</summary>
    public double Seconds => (Now - DateTimeOffset.UnixEpoch.AddDays(1)).TotalSeconds;

    public void After(double seconds, Action happens) =>
        _events.Enqueue(happens, (Now.Ticks + TimeSpan.FromSeconds(Math.Max(0, seconds)).Ticks, _order++));

    /// <summary>Repeats from now on for ever.</summary>
    public void Every(double seconds, Action happens)
    {
        void Again()
        {
            happens();
            After(seconds, Again);
        }

        After(seconds, Again);
    }

    /// <summary>Lets the next event happen.</summary>
    public void Step()
    {
        _events.TryDequeue(out var next, out var at);
        Now = new DateTimeOffset(at.Ticks, TimeSpan.Zero);
        next!();
    }
}
