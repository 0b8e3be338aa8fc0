using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Workers.Heartbeats;

/// <summary>What a heartbeat showed.</summary>
/// <param name="Lost">Attempts to send again.</param>
/// <param name="Unwanted">Attempts that the worker holds and the record does not want.</param>
internal sealed record HeartbeatVerdict(IReadOnlyList<RenderTask> Lost, IReadOnlyList<AttemptId> Unwanted);

/// <summary>
/// Compares what a worker lists with what the record says it holds; pure. Listed: the lease starts anew. Missing twice since it was sent:
/// sent again; once may be a heartbeat that crossed it on the way, or a report that did. Either the command was lost, or the report is, in the
/// hands of a coordinator that froze say: then the worker says it again and renders nothing. Sending again renews no lease: a worker that
/// never takes an attempt up loses it when the lease ends. Nor does another run than the one that has started: whose end was lost for good
/// would be run again and fail again for ever, and no report of it would count. Listed but not held: unwanted.
/// </summary>
internal static class HeartbeatRules
{
    /// <summary>Heartbeats without an attempt before it is sent again.</summary>
    public const int MissesBeforeSendingAgain = 2;

    /// <summary>
    /// Whether a heartbeat of a worker that is heard still says something. One that lay with a coordinator that froze does not, once a later one was noted or a lease
    /// is over: it speaks for a time that is gone, and would take back what was renewed since, or bring back who is lost.
    /// </summary>
    /// <param name="worker">Its worker as the record has it.</param>
    /// <param name="arrived">When it came to whoever writes it.</param>
    /// <param name="now">When it is written.</param>
    /// <param name="lease">Length of a lease.</param>
    public static bool Counts(FarmWorker worker, DateTimeOffset arrived, DateTimeOffset now, TimeSpan lease) => arrived >= worker.LastSeenAt && now - arrived < lease;

    /// <summary>Renews and counts.</summary>
    /// <param name="held">Every task that the record says the worker holds.</param>
    /// <param name="listed">What the heartbeat lists.</param>
    /// <param name="expires">When a lease that starts now ends.</param>
    public static HeartbeatVerdict Review(IEnumerable<RenderTask> held, IEnumerable<HeldRun> listed, DateTimeOffset expires)
    {
        var runs = listed.ToLookup(run => run.Attempt, run => run.Run);
        var strangers = runs.Select(ofAttempt => ofAttempt.Key).ToHashSet();
        var lost = new List<RenderTask>();
        foreach (var task in held)
        {
            strangers.Remove(task.AttemptId);
            if (runs[task.AttemptId].Any(run => task.Run is null || task.Run == run))
            {
                // It may have been given, or a new leader have started it anew, since the heartbeat came.
                if (task.LeaseExpiresAt is not { } until || until < expires) task.LeaseExpiresAt = expires;
                task.MissedHeartbeats = 0;
            }
            else if (++task.MissedHeartbeats >= MissesBeforeSendingAgain)
            {
                task.MissedHeartbeats = 0;
                lost.Add(task);
            }
        }

        return new HeartbeatVerdict(lost, [.. strangers]);
    }
}
