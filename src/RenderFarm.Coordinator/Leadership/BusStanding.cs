namespace RenderFarm.Coordinator.Leadership;

/// <summary>
/// What a coordinator's bus means for its leadership, judged from look to look; pure. A leader whose bus is away dispatches, sends again and rescues nothing, and
/// another one may be well. So it offers the leadership, and a coordinator whose bus is settled takes it. Until one does it leads on: while the broker is away from
/// all, somebody has to, and nobody could do better. Its lease clock stands meanwhile, since no probe returns, and retention needs no bus.
/// </summary>
/// <remarks>
/// Leadership does not go to and fro: it is offered after an absence that no reconnection takes, and taken by a bus that has been up for as long. When a broker
/// returns, the leader is connected again before anyone is settled.
/// </remarks>
/// <param name="clock">Measures absences.</param>
internal sealed class BusStanding(TimeProvider clock)
{
    /// <summary>How long a bus is away before it counts as away, and up before it counts as settled: 3 s.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    /// <summary>How long a candidate without a bus leaves a vacant leadership to others: 2 s, two looks of any other.</summary>
    public static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(2);

    // Of the last look that found it so: the change itself was somewhere after it.
    private long _upAt = clock.GetTimestamp();
    private long _awayAt = clock.GetTimestamp();
    private bool _isUp;

    /// <summary>Whether the leadership is for others to take, if it is held.</summary>
    public bool IsAway => !_isUp && clock.GetElapsedTime(_upAt) >= Settling;

    /// <summary>Whether the leadership may be taken from one whose bus is away.</summary>
    public bool IsSettled => _isUp && clock.GetElapsedTime(_awayAt) >= Settling;

    /// <summary>How long nobody must have led before this coordinator may.</summary>
    public TimeSpan Deference => _isUp ? TimeSpan.Zero : Courtesy;

    /// <summary>Takes a look. At a start the bus counts as neither away nor settled.</summary>
    /// <param name="isUp">Whether the bus is up, with all its queues.</param>
    public void Look(bool isUp)
    {
        _isUp = isUp;
        if (isUp) _upAt = clock.GetTimestamp();
        else _awayAt = clock.GetTimestamp();
    }
}
