using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What a heartbeat showed.</summary>
/// <param name="Lost">Attempts to send again.</param>
/// <param name="Unwanted">Attempts that the worker holds and the record does not want.</param>
internal sealed record HeartbeatVerdict(IReadOnlyList<RenderTask> Lost, IReadOnlyList<AttemptId> Unwanted);

/// <summary>
/// Compares what a worker lists with what the record says it holds; pure. Listed: the lease starts anew. Dispatched and missing twice since
/// it was sent: sent again, because the message was lost; once may be a heartbeat that crossed it on the way. Sending again renews no
/// lease: a worker that never takes an attempt up loses it when the lease ends. Listed but not held: unwanted.
/// </summary>
internal static class HeartbeatRules
{
    /// <summary>Heartbeats without an attempt before it is sent again.</summary>
    public const int MissesBeforeSendingAgain = 2;

    /// <summary>Renews and counts.</summary>
    /// <param name="held">Every task that the record says the worker holds.</param>
    /// <param name="listed">The attempts that the heartbeat lists.</param>
    /// <param name="expires">When a lease that starts now ends.</param>
    public static HeartbeatVerdict Review(IEnumerable<RenderTask> held, IEnumerable<AttemptId> listed, DateTimeOffset expires)
    {
        var strangers = listed.ToHashSet();
        var lost = new List<RenderTask>();
        foreach (var task in held)
        {
            if (strangers.Remove(task.AttemptId))
            {
                task.LeaseExpiresAt = expires;
                task.MissedHeartbeats = 0;
            }
            else if (task.Status == TaskStatuses.Dispatched && ++task.MissedHeartbeats >= MissesBeforeSendingAgain)
            {
                task.MissedHeartbeats = 0;
                lost.Add(task);
            }
        }

        return new HeartbeatVerdict(lost, [.. strangers]);
    }
}
