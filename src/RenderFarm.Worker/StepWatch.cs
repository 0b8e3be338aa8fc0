namespace RenderFarm.Worker;

/// <summary>
/// Whether the engine still steps; pure. All images in the engine share its calls, so any step of any of them shows that it lives; when
/// none comes for many times as long as steps usually take, it is stuck. Before the first steps nothing is known of their length, and a
/// first call may compile for minutes: then the wait is ten times as long.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
/// <param name="atLeast">No shorter silence means anything.</param>
internal sealed class StepWatch(TimeSpan atLeast)
{
    // Decoding and encoding make no steps; thirty steps' time is more than either takes on any device measured.
    private const int UsualSteps = 30;
    private const int Kept = 63;

    /// <summary>How many times as long as anything else the first call may take, and any that is no step: loading, encoding, decoding.</summary>
    public const int Unknown = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, DateTimeOffset> _running = [];
    private readonly Queue<TimeSpan> _steps = new();
    private DateTimeOffset _latest;

    /// <summary>A run made progress; its first shows that it is in the engine.</summary>
    public void Step(Guid run, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(run, out var before))
            {
                _steps.Enqueue(now - before);
                if (_steps.Count > Kept) _steps.Dequeue();
            }

            (_running[run], _latest) = (now, now);
        }
    }

    /// <summary>A run left the engine, which is progress too.</summary>
    public void End(Guid run, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_running.Remove(run)) _latest = now;
        }
    }

    /// <summary>Silence beyond what is usual; null while the engine steps, or is idle.</summary>
    public TimeSpan? StuckFor(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_running.Count == 0) return null;
            var silence = now - _latest;
            return silence > Limit() ? silence : null;
        }
    }

    private TimeSpan Limit()
    {
        if (_steps.Count == 0) return atLeast * Unknown;
        var median = _steps.Order().ElementAt(_steps.Count / 2) * UsualSteps;
        return median > atLeast ? median : atLeast;
    }
}
