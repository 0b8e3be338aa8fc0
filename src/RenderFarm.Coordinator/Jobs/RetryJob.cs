using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>
/// <c>POST /v1/jobs/{id}/retry</c>: the failed tasks of a job go back to the backlog with all their attempts. The job counts them as queued at once; the rows of
/// many follow.
/// </summary>
internal sealed class RetryJob(FarmRecord record, GetJob getJob, JobEventHub events, Dispatcher dispatcher, TrailingTaskWriter trailing, ILogger<RetryJob> logger)
{
    /// <summary>Answers 200 with the job, 404, or 409 when it has no failed task or was canceled.</summary>
    public async Task<IResult> HandleAsync(JobId id, string tenant, CancellationToken cancellation)
    {
        var before = await record.ReadAsync(db => SumAsync(db, id, tenant, cancellation), cancellation);
        var outcome = await record.WriteAsync(db => RetryAsync(db, id, tenant, before, cancellation), cancellation);
        if (!outcome.IsFound) return Problems.NotFound($"There is no job {id}.");
        if (outcome.Conflict is not null) return Problems.Conflict(outcome.Conflict);
        events.Changed([id]);
        // Before its rows have followed there is nothing of it to dispatch.
        if (outcome.HasTrailing) trailing.Begin(id);
        else dispatcher.Wake();
        return Answers.Ok((await getJob.FindAsync(id, tenant, cancellation))!);
    }

    private async Task<Outcome> RetryAsync(FarmDbContext db, JobId id, string tenant, (Failed Failed, long Seq) before, CancellationToken cancellation)
    {
        var job = await db.Jobs.SingleOrDefaultAsync(row => row.Id == id && row.Tenant == tenant, cancellation);
        if (job is null) return new(false);
        if (job.Status == JobStatuses.Canceled) return new(true, "The job was canceled. Submit it anew.");
        if (job.TasksFailed == 0) return new(true, $"The job is {job.Status} and has no failed task to try again.");
        var failed = before.Failed + await SumAsync(db, id, after: Math.Max(before.Seq, job.RetriedSeq ?? 0), long.MaxValue, cancellation);
        // Somebody else asked for some of them between the two transactions.
        if (failed.Count != job.TasksFailed) failed = await SumAsync(db, id, after: job.RetriedSeq ?? 0, long.MaxValue, cancellation);
        var isSmall = failed.Count <= TrailingTasks.Part && !job.HasTrailing;
        job.Retry(failed.Cost);
        if (isSmall)
        {
            await db.Tasks.Where(task => task.Job == id && task.Status == TaskStatuses.Failed).RetryAsync(job, cancellation);
            job.RowsHaveFollowed();
        }

        CoordinatorLog.JobRetried(logger, id, failed.Count);
        return new(true, HasTrailing: job.HasTrailing);
    }

    // What has failed so far, before the turn to write, in which only later failures are left to sum up: a million rows take a second, and nobody shall wait behind that.
    private static async Task<(Failed Failed, long Seq)> SumAsync(FarmDbContext db, JobId id, string tenant, CancellationToken cancellation)
    {
        var job = await db.Jobs.SingleOrDefaultAsync(row => row.Id == id && row.Tenant == tenant, cancellation);
        return job is null ? default : (await SumAsync(db, id, after: job.RetriedSeq ?? 0, job.LastSeq, cancellation), job.LastSeq);
    }

    private static async Task<Failed> SumAsync(FarmDbContext db, JobId id, long after, long upTo, CancellationToken cancellation)
    {
        var sum = await db.Tasks.Where(task => task.Job == id && task.Status == TaskStatuses.Failed && task.EndedSeq > after && task.EndedSeq <= upTo)
            .GroupBy(_ => 1)
            .Select(failed => new { Count = failed.Count(), Cost = failed.Sum(task => task.Cost) })
            .SingleOrDefaultAsync(cancellation);
        return sum is null ? default : new(sum.Count, sum.Cost);
    }

    /// <summary>Failed tasks that nobody has asked for again.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="Cost">Their cost in pixel-steps.</param>
    private readonly record struct Failed(int Count, long Cost)
    {
        public static Failed operator +(Failed some, Failed others) => new(some.Count + others.Count, some.Cost + others.Cost);
    }

    private sealed record Outcome(bool IsFound, string? Conflict = null, bool HasTrailing = false);
}
