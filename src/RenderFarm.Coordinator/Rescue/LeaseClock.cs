namespace RenderFarm.Coordinator.Rescue;

/// <summary>What the lease clock allows.</summary>
internal enum LeaseState
{
    /// <summary>Nobody can be heard now: no lease ages.</summary>
    Deaf,

    /// <summary>Workers can be heard again: every lease must start anew in full before any may expire.</summary>
    StartAnew,

    /// <summary>Leases age up to <see cref="LeaseReading.Heard"/>.</summary>
    Age,
}

/// <summary>A look at the lease clock.</summary>
/// <param name="State">What it allows.</param>
/// <param name="Heard">Everything that workers said up to this time has arrived. The time by which leases are judged.</param>
/// <param name="Doubts">Interruptions so far; names the one that a fresh start answers.</param>
internal readonly record struct LeaseReading(LeaseState State, DateTimeOffset Heard, int Doubts);

/// <summary>
/// The time by which leases age: it advances only while heartbeats could have arrived; pure. The coordinator sends probes along the way
/// that heartbeats take. A probe that has come back proves that whatever was sent before it has arrived too, so leases are judged at the
/// time when the latest returned probe was sent. When probes stay away, when the looks themselves were held up, at a start and at a
/// change of leader, the silence of workers proves nothing: the clock stands, and leases start anew once a later probe has come back.
/// </summary>
/// <remarks>Safe for use by several threads. Knows nothing of the bus: <see cref="Send"/> and <see cref="Return"/> are told to it.</remarks>
/// <param name="tolerance">Longest time that a probe, or a look, may be late.</param>
internal sealed class LeaseClock(TimeSpan tolerance)
{
    // Older ones prove less than any that returns after them.
    private const int ProbesKept = 128;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, DateTimeOffset> _underway = [];
    private DateTimeOffset? _heard;
    private DateTimeOffset? _doubted = DateTimeOffset.MinValue;
    private DateTimeOffset? _looked;
    private int _doubts;
    private long _probes;

    /// <summary>The tolerance that suits a lease: a quarter of it, one heartbeat, but never less than three looks.</summary>
    public static TimeSpan ToleranceOf(CoordinatorOptions options)
    {
        var quarter = options.LeaseDuration / 4;
        var looks = options.RescueInterval * 3;
        return quarter > looks ? quarter : looks;
    }

    /// <summary>Probes that have not come back.</summary>
    public int Underway
    {
        get
        {
            lock (_gate) return _underway.Count;
        }
    }

    /// <summary>A probe leaves.</summary>
    /// <returns>Its number, from 1.</returns>
    public long Send(DateTimeOffset now)
    {
        lock (_gate)
        {
            _underway[++_probes] = now;
            if (_underway.Count > ProbesKept) _underway.Remove(_underway.First().Key);
            return _probes;
        }
    }

    /// <summary>A probe came back. Doubles, and probes of a former life, are no news.</summary>
    public void Return(long probe)
    {
        lock (_gate)
        {
            if (!_underway.TryGetValue(probe, out var sent)) return;
            if (_heard is null || sent > _heard) _heard = sent;
            foreach (var older in _underway.Keys.TakeWhile(number => number <= probe).ToList()) _underway.Remove(older);
        }
    }

    /// <summary>Something happened after which silence proves nothing: a new leader, a record that could not be reached.</summary>
    public void Doubt(DateTimeOffset now)
    {
        lock (_gate) DoubtAt(now);
    }

    /// <summary>Where the clock stands. To be asked at every look, since a late look is a doubt too.</summary>
    public LeaseReading Read(DateTimeOffset now)
    {
        lock (_gate)
        {
            var wasHeldUp = _looked is { } last && now - last > tolerance;
            _looked = now;
            if (wasHeldUp || (_doubted is null && now - _heard > tolerance)) DoubtAt(now);
            var state = _doubted is not { } since ? LeaseState.Age : _heard is { } heard && heard >= since ? LeaseState.StartAnew : LeaseState.Deaf;
            return new LeaseReading(state, _heard ?? DateTimeOffset.MinValue, _doubts);
        }
    }

    /// <summary>Every lease has started anew. Answers a reading; a doubt that came after it stays.</summary>
    public void StartedAnew(LeaseReading reading)
    {
        lock (_gate)
        {
            if (reading.Doubts == _doubts) _doubted = null;
        }
    }

    private void DoubtAt(DateTimeOffset now)
    {
        _doubts++;
        _doubted = now;
    }
}
