namespace RenderFarm.Coordinator.Persistence;

/// <summary>
/// What handling messages has shown of the record, as this coordinator sees it; pure. Others may still reach it: a server that is full, or a line that is cut, is
/// away for one of them alone.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
/// <param name="clock">Measures the absence.</param>
internal sealed class RecordAbsence(TimeProvider clock)
{
    /// <summary>Time without a success after which an absence is suspected: 3 s, so that no worker loses a lease's heartbeats to it.</summary>
    public static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private long? _since;
    private bool _isCertain;

    /// <summary>Whether nothing has been handled for a while, but something was tried.</summary>
    public bool IsSuspected
    {
        get
        {
            lock (_gate) return _since is { } since && clock.GetElapsedTime(since) >= Suspicion;
        }
    }

    /// <summary>Whether the record was asked beside all messages, and did not answer either.</summary>
    public bool IsCertain
    {
        get
        {
            lock (_gate) return _isCertain;
        }
    }

    /// <summary>Something could not be handled because the record is away.</summary>
    public void Failed()
    {
        lock (_gate) _since ??= clock.GetTimestamp();
    }

    /// <summary>A suspicion was right.</summary>
    public void Confirm()
    {
        lock (_gate) _isCertain = true;
    }

    /// <summary>The record has answered.</summary>
    public void Answered()
    {
        lock (_gate) (_since, _isCertain) = (null, false);
    }
}
