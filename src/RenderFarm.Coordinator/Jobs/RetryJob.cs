using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Jobs;

/// <summary><c>POST /v1/jobs/{id}/retry</c>: the failed tasks of a job go back to the backlog with all their attempts.</summary>
internal sealed class RetryJob(FarmRecord record, GetJob getJob, JobEventHub events, Dispatcher dispatcher, ILogger<RetryJob> logger)
{
    /// <summary>Answers 200 with the job, 404, or 409 when it has no failed task or was canceled.</summary>
    public async Task<IResult> HandleAsync(JobId id, string tenant, CancellationToken cancellation)
    {
        var (found, conflict) = await record.WriteAsync(db => RetryAsync(db, id, tenant, cancellation), cancellation);
        if (!found) return Problems.NotFound($"There is no job {id}.");
        if (conflict is not null) return Problems.Conflict(conflict);
        events.Changed([id]);
        dispatcher.Wake();
        return Answers.Ok((await getJob.FindAsync(id, tenant, cancellation))!);
    }

    private async Task<(bool Found, string? Conflict)> RetryAsync(FarmDbContext db, JobId id, string tenant, CancellationToken cancellation)
    {
        var job = await db.Jobs.SingleOrDefaultAsync(row => row.Id == id && row.Tenant == tenant, cancellation);
        if (job is null) return (false, null);
        if (job.Status == JobStatuses.Canceled) return (true, "The job was canceled. Submit it anew.");
        if (job.TasksFailed == 0) return (true, $"The job is {job.Status} and has no failed task to try again.");
        var legal = Transitions.Of(TaskEvent.Retried);
        var failed = db.Tasks.Where(task => task.Job == id && legal.From.Contains(task.Status));
        job.CostEnded -= await failed.SumAsync(task => task.Cost, cancellation);
        var count = await failed.ExecuteUpdateAsync(
            task => task
                .SetProperty(t => t.Status, legal.To)
                .SetProperty(t => t.Charged, 0)
                .SetProperty(t => t.DeathsAlone, 0)
                .SetProperty(t => t.Rescues, 0)
                .SetProperty(t => t.NotBefore, (DateTimeOffset?)null)
                .SetProperty(t => t.EndedAt, (DateTimeOffset?)null)
                .SetProperty(t => t.EndedSeq, (long?)null)
                .SetProperty(t => t.FailureCode, (string?)null)
                .SetProperty(t => t.FailureDetail, (string?)null),
            cancellation);
        job.Count(legal.From[0], -count);
        job.Count(legal.To, count);
        if (job.Status == JobStatuses.Failed) job.Reopen();
        CoordinatorLog.JobRetried(logger, id, count);
        return (true, null);
    }
}
