using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What a heartbeat showed: attempts to send again, and attempts nobody wants.</summary>
internal sealed record HeartbeatFindings(IReadOnlyList<ClaimedTask> SendAgain, IReadOnlyList<AttemptId> Unwanted);

/// <summary>
/// Compares what a worker lists with what the record says it holds. Listed: the lease starts anew. Dispatched and missing twice since
/// it was sent: sent again, because the message was lost; once may be a heartbeat that crossed it on the way. Listed but not held:
/// canceled there, as often as it is listed.
/// </summary>
internal sealed class HeartbeatReview(
    Dispatcher dispatcher,
    IAttemptSender sender,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<HeartbeatReview> logger)
{
    private const int MissesBeforeSendingAgain = 2;

    /// <summary>Renews and counts, within the transaction of the heartbeat.</summary>
    public async Task<HeartbeatFindings> ReviewAsync(FarmDbContext db, WorkerHeartbeat message, CancellationToken cancellation)
    {
        var expires = clock.Now() + options.Value.LeaseDuration;
        var listed = message.Runs.Select(run => run.Attempt).ToHashSet();
        var held = await db.Tasks.Where(task => task.LeaseExpiresAt != null && task.Worker == message.Worker).ToListAsync(cancellation);
        var lost = new List<RenderTask>();
        foreach (var task in held)
        {
            if (listed.Remove(task.AttemptId))
            {
                task.LeaseExpiresAt = expires;
                task.MissedHeartbeats = 0;
            }
            else if (task.Status == TaskStatuses.Dispatched && ++task.MissedHeartbeats >= MissesBeforeSendingAgain)
            {
                task.LeaseExpiresAt = expires;
                task.MissedHeartbeats = 0;
                lost.Add(task);
            }
        }

        return new HeartbeatFindings(await ClaimsAsync(db, lost, cancellation), [.. listed]);
    }

    /// <summary>Sends what the findings ask for, after the commit.</summary>
    public async Task ActAsync(string worker, HeartbeatFindings findings, CancellationToken cancellation)
    {
        foreach (var task in findings.SendAgain)
        {
            CoordinatorLog.SentAgain(logger, new AttemptId(task.Job.Id, task.Index, task.Attempt), worker);
            await dispatcher.PublishAsync(task, cancellation);
        }

        foreach (var attempt in findings.Unwanted) await sender.CancelAsync(worker, new CancelAttempt(attempt), cancellation);
    }

    private static async Task<IReadOnlyList<ClaimedTask>> ClaimsAsync(FarmDbContext db, List<RenderTask> lost, CancellationToken cancellation)
    {
        if (lost.Count == 0) return [];
        var ids = lost.Select(task => task.Job).Distinct().ToArray();
        var jobs = await db.Jobs.Where(job => ids.Contains(job.Id)).ToDictionaryAsync(
            job => job.Id,
            job => new WaitingJob(job.Id, job.Tenant, job.Priority, new RenderNeeds(job.Checkpoint, job.Determinism, job.PinnedProfile), job.Format, job.Quality),
            cancellation);
        return [.. lost.Select(task => new ClaimedTask(jobs[task.Job], task.Worker!, task.Device!, task.Index, task.Attempt))];
    }
}
