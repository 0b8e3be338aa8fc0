using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>
/// <c>POST /v1/jobs/{id}/cancel</c>. The record changes at once, and the answer waits for nothing else; the rows of a large job follow, whether or not
/// the client is still there. Workers are told, and told again by every heartbeat that still lists a run. Canceling a job that has ended changes nothing: a cancel that lost the race finds the job as it ended.
/// </summary>
internal sealed class CancelJob(
    FarmRecord record, CancelNotices notices, JobEventHub events, Dispatcher dispatcher, TrailingTaskWriter trailing, TimeProvider clock, ILogger<CancelJob> logger)
{
    /// <summary>Cancels a job.</summary>
    /// <returns>False when the tenant has no such job.</returns>
    public async Task<bool> HandleAsync(JobId id, string tenant, CancellationToken cancellation)
    {
        var canceled = await record.WriteAsync(db => CancelAsync(db, id, tenant, cancellation), cancellation);
        if (canceled is not { } done) return false;
        events.Changed([id]);
        dispatcher.Wake();
        foreach (var (worker, attempt) in done.Held) notices.Tell(worker, attempt);
        if (done.HasTrailing) trailing.Begin(id);
        return true;
    }

    private async Task<(IReadOnlyList<(string Worker, AttemptId Attempt)> Held, bool HasTrailing)?> CancelAsync(
        FarmDbContext db, JobId id, string tenant, CancellationToken cancellation)
    {
        var job = await db.Jobs.SingleOrDefaultAsync(row => row.Id == id && row.Tenant == tenant, cancellation);
        if (job is null) return null;
        if (JobStatuses.IsEnded(job.Status)) return ([], false);
        var rows = db.Tasks.Where(task => task.Job == id);
        var held = await rows.Where(task => task.LeaseExpiresAt != null)
            .Select(task => new { Worker = task.Worker!, task.Index, task.Attempt }).ToListAsync(cancellation);
        var isSmall = job.TasksQueued <= TrailingTasks.Part && !job.HasTrailing;
        job.Cancel(clock.Now());
        await rows.Where(task => task.LeaseExpiresAt != null).CancelAsync(job, cancellation);
        if (isSmall)
        {
            await rows.Where(task => task.Status == TaskStatuses.Queued).CancelAsync(job, cancellation);
            job.RowsHaveFollowed();
        }

        CoordinatorLog.JobCanceled(logger, id);
        return (held.ConvertAll(task => (task.Worker, new AttemptId(id, task.Index, task.Attempt))), job.HasTrailing);
    }
}
