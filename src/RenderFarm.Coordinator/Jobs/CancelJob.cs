using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>
/// <c>POST /v1/jobs/{id}/cancel</c>. The record changes at once, and the answer waits for nothing else; workers are told, and told again by every
/// heartbeat that still lists a run. Canceling a job that has ended changes nothing: a cancel that lost the race finds the job as it ended.
/// </summary>
internal sealed class CancelJob(FarmRecord record, CancelNotices notices, JobEventHub events, Dispatcher dispatcher, TimeProvider clock, ILogger<CancelJob> logger)
{
    /// <summary>Cancels a job.</summary>
    /// <returns>False when the tenant has no such job.</returns>
    public async Task<bool> HandleAsync(JobId id, string tenant, CancellationToken cancellation)
    {
        var held = await record.WriteAsync(db => CancelAsync(db, id, tenant, cancellation), cancellation);
        if (held is null) return false;
        events.Changed([id]);
        dispatcher.Wake();
        foreach (var (worker, attempt) in held) notices.Tell(worker, attempt);
        return true;
    }

    private async Task<IReadOnlyList<(string Worker, AttemptId Attempt)>?> CancelAsync(FarmDbContext db, JobId id, string tenant, CancellationToken cancellation)
    {
        var job = await db.Jobs.SingleOrDefaultAsync(row => row.Id == id && row.Tenant == tenant, cancellation);
        if (job is null) return null;
        if (JobStatuses.IsEnded(job.Status)) return [];
        var legal = Transitions.Of(TaskEvent.Canceled);
        var open = db.Tasks.Where(task => task.Job == id && legal.From.Contains(task.Status));
        var held = await open.Where(task => task.LeaseExpiresAt != null)
            .Select(task => new { Worker = task.Worker!, task.Index, task.Attempt }).ToListAsync(cancellation);
        var now = clock.Now();
        // Numbers by index leave gaps where tasks had ended before; a gap costs nothing, and one statement does it all.
        var first = job.LastSeq + 1;
        job.TakeSeq(job.TasksTotal);
        await open.ExecuteUpdateAsync(
            task => task
                .SetProperty(t => t.Status, legal.To)
                .SetProperty(t => t.LeaseExpiresAt, (DateTimeOffset?)null)
                .SetProperty(t => t.EndedAt, now)
                .SetProperty(t => t.EndedSeq, t => first + t.Index),
            cancellation);
        var counts = new[] { (TaskStatuses.Queued, job.TasksQueued), (TaskStatuses.Dispatched, job.TasksDispatched), (TaskStatuses.Running, job.TasksRunning) };
        foreach (var (status, count) in counts)
        {
            job.Count(status, -count);
            job.Count(legal.To, count);
        }

        job.CostEnded = job.Cost;
        job.End(JobEvent.Canceled, now);
        CoordinatorLog.JobCanceled(logger, id);
        return held.ConvertAll(task => (task.Worker, new AttemptId(id, task.Index, task.Attempt)));
    }
}
