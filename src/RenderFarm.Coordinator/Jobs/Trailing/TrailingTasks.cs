using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Jobs.Trailing;

/// <summary>
/// Rows that trail a change of their whole job. A cancel or a retry may concern a million tasks; it holds from the first commit on, in the job's row, and
/// the rows of many tasks follow in parts, so that no writer waits behind them. What a trailing row really is, the job's row tells:
/// <see cref="RenderTask.StatusIn"/> to whoever looks, <see cref="RenderTask.CatchUp"/> to whoever writes.
/// </summary>
/// <remarks>
/// Only queued and failed rows ever trail: what devices hold is ended by the cancel itself. Nobody claims a trailing row, for a job that was canceled gets no
/// claims, and a failed row is not queued.
/// </remarks>
internal static class TrailingTasks
{
    /// <summary>Most rows that one transaction changes.</summary>
    public const int Part = 20_000;

    /// <summary>Tasks by what they are, and not by what their rows still say.</summary>
    /// <param name="rows">Tasks of the job.</param>
    /// <param name="job">The job, read before them.</param>
    /// <param name="status">One of <see cref="TaskStatuses"/>.</param>
    public static IQueryable<RenderTask> WithStatus(this IQueryable<RenderTask> rows, RenderJob job, string status)
    {
        if (!job.HasTrailing) return rows.Where(task => task.Status == status);
        var waiting = job.CanceledSeq is null ? TaskStatuses.Queued : TaskStatuses.Canceled;
        var retried = job.RetriedSeq ?? -1;
        return rows.Where(task =>
            (task.Status == TaskStatuses.Queued || (task.Status == TaskStatuses.Failed && task.EndedSeq <= retried) ? waiting : task.Status) == status);
    }

    /// <summary>The ends of tasks after an event number, in their order, as far as all of them are known: while rows trail, later ones may still come before those that are there.</summary>
    /// <param name="rows">Tasks of the job.</param>
    /// <param name="job">The job, read before them.</param>
    /// <param name="seen">The number.</param>
    public static IQueryable<RenderTask> EndedAfter(this IQueryable<RenderTask> rows, RenderJob job, long seen)
    {
        var known = job.CanceledSeq - 1 ?? job.LastSeq;
        var retried = job.RetriedSeq ?? -1;
        return rows.Where(task => task.EndedSeq > seen && task.EndedSeq <= known)
            .Where(task => task.Status != TaskStatuses.Failed || task.EndedSeq > retried)
            .OrderBy(task => task.EndedSeq);
    }

    /// <summary>Lets rows follow the cancel of their job: those that have not ended.</summary>
    public static Task<int> CancelAsync(this IQueryable<RenderTask> rows, RenderJob job, CancellationToken cancellation)
    {
        var legal = Transitions.Of(TaskEvent.Canceled);
        var (first, ended) = (job.CanceledSeq!.Value, job.EndedAt);
        return rows.Where(task => legal.From.Contains(task.Status)).ExecuteUpdateAsync(
            task => task
                .SetProperty(t => t.Status, legal.To)
                .SetProperty(t => t.LeaseExpiresAt, (DateTimeOffset?)null)
                .SetProperty(t => t.EndedAt, ended)
                .SetProperty(t => t.EndedSeq, t => first + t.Index),
            cancellation);
    }

    /// <summary>Lets rows follow the retry of their job: those that failed before it.</summary>
    public static Task<int> RetryAsync(this IQueryable<RenderTask> rows, RenderJob job, CancellationToken cancellation)
    {
        var legal = Transitions.Of(TaskEvent.Retried);
        var retried = job.RetriedSeq!.Value;
        return rows.Where(task => legal.From.Contains(task.Status) && task.EndedSeq <= retried).ExecuteUpdateAsync(
            task => task
                .SetProperty(t => t.Status, legal.To)
                .SetProperty(t => t.Charged, 0)
                .SetProperty(t => t.DeathsAlone, 0)
                .SetProperty(t => t.Rescues, 0)
                .SetProperty(t => t.Refusals, 0)
                .SetProperty(t => t.NotBefore, (DateTimeOffset?)null)
                .SetProperty(t => t.EndedAt, (DateTimeOffset?)null)
                .SetProperty(t => t.EndedSeq, (long?)null)
                .SetProperty(t => t.FailureCode, (string?)null)
                .SetProperty(t => t.FailureDetail, (string?)null),
            cancellation);
    }

    /// <summary>Lets the next part of a job's trailing rows follow; one transaction. What is left is told by the record alone, so that anyone may go on after a crash.</summary>
    /// <param name="db">The transaction, within a turn to write.</param>
    /// <param name="id">The job.</param>
    /// <param name="from">Index from which to look: what the part before returned, else 0. Saves walking over the rows that have followed.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Where to look next; null when no row of the job trails.</returns>
    public static async Task<int?> FollowAsync(FarmDbContext db, JobId id, int from, CancellationToken cancellation)
    {
        if (await db.Jobs.SingleOrDefaultAsync(row => row.Id == id, cancellation) is not { HasTrailing: true } job) return null;
        // A retry before a cancel: what failed goes back to the backlog first, and is canceled there.
        var retried = job.RetriedSeq;
        var rows = db.Tasks.Where(task => task.Job == id && task.Index >= from);
        rows = retried is null ? rows.Where(task => task.Status == TaskStatuses.Queued) : rows.Where(task => task.Status == TaskStatuses.Failed && task.EndedSeq <= retried);
        if (await rows.OrderBy(task => task.Index).Select(task => (int?)task.Index).FirstOrDefaultAsync(cancellation) is { } first)
        {
            var part = rows.Where(task => task.Index < first + Part);
            await (retried is null ? part.CancelAsync(job, cancellation) : part.RetryAsync(job, cancellation));
            return first + Part;
        }

        // Another retry may have come meanwhile, with rows before this place.
        if (from > 0) return 0;
        job.RowsHaveFollowed();
        return job.HasTrailing ? 0 : null;
    }
}
