using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Jobs.Views;

/// <summary><c>GET /v1/jobs</c>: the tenant's jobs, newest first. The cursor is the id of the last job shown.</summary>
internal sealed class ListJobs(FarmRecord record, OpenJobs open, TimeProvider clock)
{
    // A job may hold ten megabytes of prompts: a page ends early rather than grow without bound.
    private const int MaxPageCharacters = 4_000_000;

    /// <summary>One page.</summary>
    public Task<Page<JobView>> PageAsync(string tenant, Paging paging, CancellationToken cancellation) => record.ReadAsync(
        async db =>
        {
            var rows = db.Jobs.Where(job => job.Tenant == tenant);
            if (paging.Status is { } status) rows = rows.Where(job => job.Status == status);
            if (paging.Cursor is { } cursor)
            {
                var last = JobId.Parse(cursor, null);
                rows = rows.Where(job => job.Id < last);
            }

            var found = await rows.OrderByDescending(job => job.Id).Take(paging.Limit + 1).ToListAsync(cancellation);
            var shown = await FittingAsync(db, found, paging.Limit, cancellation);
            var ids = shown.Select(job => job.Id).ToArray();
            var sweeps = await db.Sweeps.Where(sweep => ids.Contains(sweep.Job)).ToDictionaryAsync(sweep => sweep.Job, Planners.Parse, cancellation);
            var outlook = await JobOutlook.LoadAsync(db, open, shown, clock.Now(), cancellation);
            return new Page<JobView>(
                [.. shown.Select(job => JobViews.Of(job, sweeps[job.Id], outlook))],
                shown.Count < found.Count ? shown[^1].Id.ToString() : null);
        },
        cancellation);

    private static async Task<List<RenderJob>> FittingAsync(FarmDbContext db, List<RenderJob> found, int limit, CancellationToken cancellation)
    {
        var ids = found.Take(limit).Select(job => job.Id).ToArray();
        var lengths = await db.Sweeps.Where(sweep => ids.Contains(sweep.Job)).ToDictionaryAsync(sweep => sweep.Job, sweep => sweep.Length, cancellation);
        var characters = 0L;
        return [.. found.Take(limit).TakeWhile((job, place) => (characters += lengths[job.Id]) <= MaxPageCharacters || place == 0)];
    }
}
