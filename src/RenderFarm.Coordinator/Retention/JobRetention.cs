using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Retention;

/// <summary>
/// Deletes ended jobs whose time has come, in an order that a crash can cut anywhere: first the job is out of sight (nobody can retry what is
/// half gone), then its images go, then its rows. Where tasks are partitioned by day a day's rows are dropped together once all its jobs
/// have lost their images; only rows that would have to wait for others' longer than a day are deleted one job at a time. Never touches
/// a job that has not ended. Workers that are gone for good are forgotten along with them. Runs on the leader alone.
/// </summary>
internal sealed class JobRetention(
    FarmRecord record,
    IDatabase database,
    IObjectStore store,
    ILeadership leadership,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<JobRetention> logger) : FarmLoop(options.Value.RetentionInterval, clock, logger)
{
    private const int JobsAtOnce = 50;
    private const int PartitionsAhead = 3;
    private static readonly TimeSpan WaitForOthers = TimeSpan.FromDays(1);
    private readonly TimeProvider _clock = clock;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (leadership.Epoch is not { } epoch) return false;
        await database.KeepPartitionsAsync(_clock.Now(), PartitionsAhead, stopping);
        await ForgetWorkersAsync(epoch, stopping);
        var hidden = await record.LeadAsync(epoch, db => HideAsync(db, stopping), stopping);
        foreach (var job in await WithImagesAsync(stopping))
        {
            var count = await store.RemoveAllAsync(ObjectKey.ForJob(job), stopping);
            await record.LeadAsync(epoch, db => NoteAsync(db, job, stopping), stopping);
            CoordinatorLog.JobImagesDeleted(logger, job, count);
        }

        await DropAsync(epoch, stopping);
        return hidden == JobsAtOnce;
    }

    private async Task ForgetWorkersAsync(long epoch, CancellationToken stopping)
    {
        var before = _clock.Now() - options.Value.WorkerRetention;
        var count = await record.LeadAsync(epoch, db => WorkerRetention.ForgetAsync(db, before, stopping), stopping);
        if (count > 0) CoordinatorLog.WorkersForgotten(logger, count, options.Value.WorkerRetention);
    }

    private async Task<int> HideAsync(FarmDbContext db, CancellationToken stopping)
    {
        var now = _clock.Now();
        var due = await db.Jobs.Where(job => job.DeleteAfter != null && job.DeleteAfter <= now).OrderBy(job => job.DeleteAfter).Take(JobsAtOnce).ToListAsync(stopping);
        foreach (var job in due) job.Hide(now);
        return due.Count;
    }

    private Task<List<JobId>> WithImagesAsync(CancellationToken stopping) => record.ReadAsync(
        db => db.Jobs.IgnoreQueryFilters().Where(job => job.PurgedAt != null && job.DeleteAfter != null).OrderBy(job => job.PurgedAt).Take(JobsAtOnce)
            .Select(job => job.Id).ToListAsync(stopping),
        stopping);

    private static async Task<int> NoteAsync(FarmDbContext db, JobId job, CancellationToken stopping)
    {
        var row = await db.Jobs.IgnoreQueryFilters().SingleOrDefaultAsync(found => found.Id == job, stopping);
        row?.ImagesAreGone();
        return 0;
    }

    private async Task DropAsync(long epoch, CancellationToken stopping)
    {
        var now = _clock.Now();
        foreach (var (first, end) in await database.EndedDaysAsync(now, stopping))
        {
            if (leadership.Epoch != epoch) return;
            await database.DropDayAsync(first, stopping);
            await record.LeadAsync(epoch, db => DeleteJobsAsync(db, db.Jobs.IgnoreQueryFilters().Where(job => job.Id >= first && job.Id < end), stopping), stopping);
            CoordinatorLog.DayDropped(logger, first);
        }

        var waited = now - (database.HasDays ? WaitForOthers : TimeSpan.Zero);
        var alone = await record.ReadAsync(
            db => db.Jobs.IgnoreQueryFilters().Where(job => job.PurgedAt != null && job.PurgedAt <= waited && job.DeleteAfter == null).Take(JobsAtOnce)
                .Select(job => new { job.Id, job.TasksTotal }).ToListAsync(stopping),
            stopping);
        foreach (var job in alone) await DeleteAloneAsync(epoch, job.Id, job.TasksTotal, stopping);
    }

    private async Task DeleteAloneAsync(long epoch, JobId job, int total, CancellationToken stopping)
    {
        // In parts, so that no writer waits behind a million rows.
        const int Part = 20_000;
        for (var first = 0; first < total; first += Part)
        {
            await record.LeadAsync(epoch, db => db.Tasks.Where(task => task.Job == job && task.Index >= first && task.Index < first + Part).ExecuteDeleteAsync(stopping), stopping);
        }

        await record.LeadAsync(epoch, db => DeleteJobsAsync(db, db.Jobs.IgnoreQueryFilters().Where(row => row.Id == job), stopping), stopping);
    }

    private static async Task<int> DeleteJobsAsync(FarmDbContext db, IQueryable<RenderJob> jobs, CancellationToken stopping)
    {
        var ids = jobs.Select(job => job.Id);
        await db.Failures.Where(failure => ids.Contains(failure.Job)).ExecuteDeleteAsync(stopping);
        await db.JobInputs.Where(use => ids.Contains(use.Job)).ExecuteDeleteAsync(stopping);
        await db.Sweeps.Where(sweep => ids.Contains(sweep.Job)).ExecuteDeleteAsync(stopping);
        return await jobs.ExecuteDeleteAsync(stopping);
    }
}
