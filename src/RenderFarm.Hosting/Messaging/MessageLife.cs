using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Hosting.Messaging;

/// <summary>
/// How long a broker keeps a message for its reader; pure. What speaks of the moment is worth nothing later: an hour without coordinators would leave a thousand
/// heartbeats of each worker in the queue, which keep the dead alive and miss every attempt that is sent meanwhile. Anything else stays until it is read.
/// </summary>
/// <remarks>It is said of each message and not of the queue, whose arguments are fixed by whoever declared it first.</remarks>
internal static class MessageLife
{
    /// <summary>
    /// Life of a heartbeat and of a probe: 6 s. One number for both, because leases age as long as probes come back: where heartbeats are dropped for being late,
    /// probes are too, and no lease ages.
    /// </summary>
    public static readonly TimeSpan OfTheMoment = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Life of progress: 2 s. It is for who watches now, comes many times a second, and goes into a queue of each coordinator, those included that are gone and whose
    /// queues stay for a while.
    /// </summary>
    public static readonly TimeSpan OfProgress = TimeSpan.FromSeconds(2);

    /// <summary>Life of an announcement: 1 min, two of the times at which a worker that lives repeats it.</summary>
    public static readonly TimeSpan OfAnnouncements = TimeSpan.FromMinutes(1);

    /// <summary>Life of a message; null for one that is kept until it is read.</summary>
    public static TimeSpan? Of(object message) => message switch
    {
        WorkerHeartbeat or LeaseProbe => OfTheMoment,
        AttemptsProgressed => OfProgress,
        WorkerAnnounced => OfAnnouncements,
        _ => null,
    };
}
