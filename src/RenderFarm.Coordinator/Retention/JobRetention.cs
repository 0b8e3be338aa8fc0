using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Retention;

/// <summary>
/// Deletes ended jobs whose time has come, in an order that a crash can cut anywhere: first the job is out of sight (nobody can retry what is
/// half gone), then its images go, then its rows. Where tasks are partitioned by day a day's tasks are dropped together, after its jobs, once all of them
/// have lost their images; only rows that would have to wait for others' longer than a day are deleted one job at a time. Never touches
/// a job that has not ended. A job whose images the store does not delete keeps its row, and is passed over until the others have been tried. Workers that are
/// gone for good are forgotten along with them. Runs on the leader alone.
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
    private const int JobsInPart = 2_000;
    private const int PartitionsAhead = 3;
    private static readonly TimeSpan WaitForOthers = TimeSpan.FromDays(1);
    private readonly TimeProvider _clock = clock;

    // Those that kept images since all had their turn. Outlives a pass: as many of them as a pass tries, in front of the others, would keep those from ever having one.
    private readonly List<JobId> _passedOver = [];

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (leadership.Epoch is not { } epoch) return false;
        await database.KeepPartitionsAsync(_clock.Now(), PartitionsAhead, stopping);
        await ForgetWorkersAsync(epoch, stopping);
        var hidden = await record.LeadAsync(epoch, db => HideAsync(db, stopping), stopping);
        var isMore = await RemoveImagesAsync(epoch, stopping);
        var deleted = await DropAsync(epoch, stopping);
        // A store that deletes nothing is tried again after the interval, whatever else could go on at once.
        return isMore is { } more && (more || hidden == JobsAtOnce || deleted == JobsAtOnce);
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

    // Whether there may be more; null when the store deletes nothing. Goes on behind jobs of which none could be done.
    private async Task<bool?> RemoveImagesAsync(long epoch, CancellationToken stopping)
    {
        var removal = new ObjectRemoval(store, logger);
        var done = 0;
        while (done == 0)
        {
            var jobs = await WithImagesAsync(stopping);
            foreach (var job in jobs)
            {
                if (removal.IsInVain) return null;
                if (await removal.TryRemoveAllAsync(ObjectKey.ForJob(job), stopping) is { } count)
                {
                    await record.LeadAsync(epoch, db => NoteAsync(db, job, stopping), stopping);
                    CoordinatorLog.JobImagesDeleted(logger, job, count);
                    done++;
                }
                else
                {
                    _passedOver.Add(job);
                }
            }

            if (jobs.Count < JobsAtOnce)
            {
                _passedOver.Clear();
                return false;
            }
        }

        return true;
    }

    private Task<List<JobId>> WithImagesAsync(CancellationToken stopping) => record.ReadAsync(
        db => db.Jobs.IgnoreQueryFilters().Where(job => job.PurgedAt != null && job.DeleteAfter != null && !EF.Parameter(_passedOver).Contains(job.Id))
            .OrderBy(job => job.PurgedAt).Take(JobsAtOnce).Select(job => job.Id).ToListAsync(stopping),
        stopping);

    private static async Task<int> NoteAsync(FarmDbContext db, JobId job, CancellationToken stopping)
    {
        var row = await db.Jobs.IgnoreQueryFilters().SingleOrDefaultAsync(found => found.Id == job, stopping);
        row?.ImagesAreGone();
        return 0;
    }

    private async Task<int> DropAsync(long epoch, CancellationToken stopping)
    {
        var now = _clock.Now();
        foreach (var (first, end) in await database.EndedDaysAsync(now, stopping))
        {
            if (leadership.Epoch != epoch) return 0;
            // The jobs before the day: cut short here, the day is still there to be named by the next pass. The other way round nobody would name what is left.
            await DeleteJobsAsync(epoch, jobs => jobs.Where(job => job.Id >= first && job.Id < end), stopping);
            await database.DropDayAsync(first, stopping);
            CoordinatorLog.DayDropped(logger, first);
        }

        var waited = now - (database.HasDays ? WaitForOthers : TimeSpan.Zero);
        var alone = await record.ReadAsync(
            db => db.Jobs.IgnoreQueryFilters().Where(job => job.PurgedAt != null && job.PurgedAt <= waited && job.DeleteAfter == null).OrderBy(job => job.PurgedAt).Take(JobsAtOnce)
                .Select(job => new { job.Id, job.TasksTotal }).ToListAsync(stopping),
            stopping);
        foreach (var job in alone) await DeleteAloneAsync(epoch, job.Id, job.TasksTotal, stopping);
        return alone.Count;
    }

    private async Task DeleteAloneAsync(long epoch, JobId job, int total, CancellationToken stopping)
    {
        await InPartsAsync(epoch, total, (db, first, end) => db.Tasks.Where(task => task.Job == job && task.Index >= first && task.Index < end).ExecuteDeleteAsync(stopping), stopping);
        await DeleteJobsAsync(epoch, jobs => jobs.Where(row => row.Id == job), stopping);
    }

    // Some thousand rows of any table in a transaction, so that no writer, and not the renewal of the leadership, waits behind a million of them.
    private async Task DeleteJobsAsync(long epoch, Func<IQueryable<RenderJob>, IQueryable<RenderJob>> choose, CancellationToken stopping)
    {
        while (true)
        {
            var next = await record.ReadAsync(
                db => choose(db.Jobs.IgnoreQueryFilters()).OrderBy(job => job.Id).Take(JobsInPart).Select(job => new { job.Id, job.TasksTotal }).ToListAsync(stopping), stopping);
            if (next.Count == 0) return;
            var (large, tasks) = (next[0], 0);
            if (large.TasksTotal > TrailingTasks.Part)
                await InPartsAsync(epoch, large.TasksTotal, (db, first, end) => db.Failures.Where(row => row.Job == large.Id && row.Index >= first && row.Index < end).ExecuteDeleteAsync(stopping), stopping);
            var part = next.TakeWhile((job, place) => (tasks += job.TasksTotal) <= TrailingTasks.Part || place == 0).Select(job => job.Id).ToArray();
            await record.LeadAsync(epoch, db => DeleteAsync(db, part, stopping), stopping);
        }
    }

    private async Task InPartsAsync(long epoch, int total, Func<FarmDbContext, int, int, Task<int>> delete, CancellationToken stopping)
    {
        for (var first = 0; first < total; first += TrailingTasks.Part) await record.LeadAsync(epoch, db => delete(db, first, first + TrailingTasks.Part), stopping);
    }

    private static async Task<int> DeleteAsync(FarmDbContext db, JobId[] jobs, CancellationToken stopping)
    {
        await db.Failures.Where(failure => jobs.Contains(failure.Job)).ExecuteDeleteAsync(stopping);
        await db.JobInputs.Where(use => jobs.Contains(use.Job)).ExecuteDeleteAsync(stopping);
        await db.Sweeps.Where(sweep => jobs.Contains(sweep.Job)).ExecuteDeleteAsync(stopping);
        return await db.Jobs.IgnoreQueryFilters().Where(job => jobs.Contains(job.Id)).ExecuteDeleteAsync(stopping);
    }
}
