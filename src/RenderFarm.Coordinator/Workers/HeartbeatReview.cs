using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What a heartbeat showed: attempts to send again, and attempts nobody wants.</summary>
internal sealed record HeartbeatFindings(IReadOnlyList<ClaimedTask> SendAgain, IReadOnlyList<AttemptId> Unwanted);

/// <summary>A heartbeat in the record, by <see cref="HeartbeatRules"/>, and what follows from it on the bus.</summary>
internal sealed class HeartbeatReview(
    Dispatcher dispatcher,
    CancelNotices notices,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<HeartbeatReview> logger)
{
    /// <summary>Renews and counts, within the transaction of the heartbeat.</summary>
    public async Task<HeartbeatFindings> ReviewAsync(FarmDbContext db, FarmWorker worker, WorkerHeartbeat message, CancellationToken cancellation)
    {
        var held = await db.Tasks.Where(task => task.LeaseExpiresAt != null && task.Worker == message.Worker).ToListAsync(cancellation);
        var verdict = HeartbeatRules.Review(held, message.Runs, clock.Now() + options.Value.LeaseDuration);
        worker.UnwantedRuns = verdict.Unwanted.Count;
        return new HeartbeatFindings(await ClaimsAsync(db, verdict.Lost, cancellation), verdict.Unwanted);
    }

    /// <summary>Sends what the findings ask for, after the commit.</summary>
    public async Task ActAsync(string worker, HeartbeatFindings findings, CancellationToken cancellation)
    {
        foreach (var task in findings.SendAgain)
        {
            CoordinatorLog.SentAgain(logger, new AttemptId(task.Job.Id, task.Index, task.Attempt), worker);
            await dispatcher.PublishAsync(task, cancellation);
        }

        foreach (var attempt in findings.Unwanted) notices.Tell(worker, attempt);
    }

    private static async Task<IReadOnlyList<ClaimedTask>> ClaimsAsync(FarmDbContext db, IReadOnlyList<RenderTask> lost, CancellationToken cancellation)
    {
        if (lost.Count == 0) return [];
        var ids = lost.Select(task => task.Job).Distinct().ToArray();
        var jobs = await db.Jobs.Where(job => ids.Contains(job.Id)).ToDictionaryAsync(
            job => job.Id,
            job => new WaitingJob(job.Id, job.Tenant, job.Priority, job.Needs, job.Format, job.Quality),
            cancellation);
        return [.. lost.Select(task => new ClaimedTask(jobs[task.Job], task.Worker!, task.Device!, task.Index, task.Attempt))];
    }
}
