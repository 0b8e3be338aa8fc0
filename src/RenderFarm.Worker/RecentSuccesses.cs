using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker;

/// <summary>
/// The latest successes that the bus has taken from this worker. An attempt among them that is delivered again is answered by the same report: its image is in
/// the store, and the first report may be in the hands of a coordinator that froze, or the broker may not have heard that the delivery was taken.
/// </summary>
/// <remarks>
/// Bounded and gone with the process; what is forgotten is rendered again, under another run. Failures are not kept: the next try may do better.
/// </remarks>
internal sealed class RecentSuccesses
{
    /// <summary>Successes kept: half a megabyte, and more than a device may hold at once.</summary>
    public const int Most = 1_024;

    private readonly Lock _gate = new();
    private readonly Dictionary<AttemptId, AttemptSucceeded> _successes = [];
    private readonly Queue<AttemptId> _order = [];

    /// <summary>Keeps one, and forgets the oldest where there are too many.</summary>
    public void Add(AttemptSucceeded success)
    {
        lock (_gate)
        {
            if (!_successes.TryAdd(success.Attempt, success)) return;
            _order.Enqueue(success.Attempt);
            if (_order.Count > Most) _successes.Remove(_order.Dequeue());
        }
    }

    /// <summary>The report of an attempt's success; null for none that is known.</summary>
    public AttemptSucceeded? Of(AttemptId attempt)
    {
        lock (_gate) return _successes.GetValueOrDefault(attempt);
    }
}
