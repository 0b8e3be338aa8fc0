using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>A job with queued tasks.</summary>
internal sealed record WaitingJob(JobId Id, string Tenant, string Priority, RenderNeeds Needs, string Format, int? Quality)
{
    /// <summary>Whether devices held tasks of it when it was read.</summary>
    public bool IsHeld { get; init; }

    /// <summary>As the selection sees it.</summary>
    public Contender Contender => new(Id, Tenant, Priority);
}

/// <summary>A queued task.</summary>
internal sealed record WaitingTask(int Index, long Cost, string? AvoidWorker);

/// <summary>A queued task that must run alone.</summary>
internal sealed record WaitingSuspect(JobId Job, int Index, long Cost, string? AvoidWorker);

/// <summary>Tasks of one job that one device shall get.</summary>
internal sealed record Allotment(WaitingJob Job, DeviceLoad Device, IReadOnlyList<int> Indices);

/// <summary>A task that was claimed.</summary>
internal sealed record ClaimedTask(WaitingJob Job, string Worker, string Device, int Index, int Attempt);

/// <summary>The rows that wait, and their claims. Used by one loop at a time.</summary>
internal sealed class Backlog(FarmRecord record, IDatabase database, TimeProvider clock)
{
    /// <summary>Jobs that have not begun and that a round looks at, in all. Tenants, priorities and needs have equal parts of them.</summary>
    public const int MostQueuedJobs = 2048;

    /// <summary>Those of each tenant, priority and need that it looks at in any case.</summary>
    public const int LeastOfAKind = 4;

    private const int NoneFresh = int.MaxValue;

    // The oldest are enough for a round: each takes a whole worker. Counted by tenant and by what a device must be, so that those that no device
    // can take, of a profile that does not come back say, hide nobody else's.
    private const int SuspectsOfAKind = 64;

    // Both databases read it.
    private static string OldestSuspects(SizeLimits limits) => $"""
        SELECT * FROM (
            SELECT t.*, row_number() OVER (
                PARTITION BY j.tenant, j.checkpoint, j.upscaler, j.determinism,
                    CASE WHEN j.tasks_completed + j.tasks_dispatched + j.tasks_running > 0 THEN j.profile END{limits.SqlOf("j.pixels")}
                ORDER BY t.suspect_since, t.job_id, t.task_index) AS place
            FROM tasks t JOIN jobs j ON j.id = t.job_id
            WHERE t.suspect_since IS NOT NULL AND t.status = '{TaskStatuses.Queued}' AND j.paused_at IS NULL) AS kinds
        WHERE place <= {SuspectsOfAKind}
        """;

    // Up to which index no task of a job waits for its first attempt: true for ever once true, so it needs no record.
    private readonly Dictionary<JobId, int> _freshAfter = [];

    private readonly ReadAhead _ahead = new(clock);

    private SizeLimits _limits = SizeLimits.None;

    /// <summary>Whether more jobs may have waited when they were last read than were looked at: of one tenant, priority and need there were as many as may be.</summary>
    public bool LeftOutJobs { get; private set; }

    /// <summary>Tasks that waited in the jobs that were last read.</summary>
    public long QueuedTasks { get; private set; }

    /// <summary>Tells sizes of images apart by the limits of a fleet from now on.</summary>
    /// <returns>True when it did so by others before: what was read last may have left out what the fleet can take.</returns>
    public bool Follow(SizeLimits limits)
    {
        var (before, now) = (_limits, limits.ForQueries());
        _limits = now;
        return !now.IsSameAs(before);
    }

    /// <summary>
    /// Jobs with queued tasks that are not paused, in order of submission; none while the farm is paused. All that have begun, and of those that have not, the
    /// first of each tenant, priority and need: a round must not grow with all that waits behind them. Those become active by it, and the next round finds
    /// the next (<see cref="LeftOutJobs"/>). Counted by need too, so that jobs that no device can take hide nobody else's.
    /// </summary>
    public Task<List<WaitingJob>> JobsAsync(CancellationToken cancellation) => record.ReadAsync(
        async db =>
        {
            var limits = _limits;
            var rows = await database.Begun(db)
                .Concat(database.FirstQueued(db, MostQueuedJobs, LeastOfAKind, limits))
                .Where(job => job.TasksQueued > 0 && job.PausedAt == null)
                .Where(_ => !db.State.Any(state => state.Id == FarmState.Only && state.PausedAt != null))
                .OrderBy(job => job.Id)
                .Select(job => new
                {
                    job.Id,
                    job.Tenant,
                    job.Priority,
                    job.Checkpoint,
                    job.Upscaler,
                    job.Pixels,
                    job.Determinism,
                    // A pin holds from the first image on: before it, another profile does as well.
                    Profile = job.TasksCompleted + job.TasksDispatched + job.TasksRunning == 0 ? null : job.Profile,
                    job.Format,
                    job.Quality,
                    job.TasksQueued,
                    IsHeld = job.TasksDispatched + job.TasksRunning > 0,
                    IsTrailing = job.RetriedSeq != null,
                    HasBegun = job.Status == JobStatuses.Active,
                })
                .ToListAsync(cancellation);
            Forget(rows.Select(row => row.Id));
            QueuedTasks = rows.Sum(row => (long)row.TasksQueued);
            // Rows that trail a retry are counted before a look can find them; what was read of such a job is no good for long.
            _ahead.Count(rows.Where(row => !row.IsTrailing).Select(row => (row.Id, row.TasksQueued)));
            var kinds = rows.Where(row => !row.HasBegun)
                .CountBy(row => (Kind: (row.Tenant, row.Priority, row.Checkpoint, row.Upscaler, row.Determinism), Range: limits.RangeOf(row.Pixels))).ToList();
            var shares = kinds.Select(kind => kind.Key.Kind).Distinct().Count() * limits.Ranges;
            LeftOutJobs = kinds.Exists(kind => kind.Value >= Math.Max(LeastOfAKind, MostQueuedJobs / shares));
            return rows.ConvertAll(row => new WaitingJob(
                row.Id, row.Tenant, row.Priority, new RenderNeeds(row.Checkpoint, row.Determinism, row.Profile) { Upscaler = row.Upscaler, Pixels = row.Pixels }, row.Format, row.Quality)
            {
                IsHeld = row.IsHeld,
            });
        },
        cancellation);

    /// <summary>Queued suspects, the oldest first; of those that need the same and are one tenant's, the oldest only.</summary>
    public Task<List<WaitingSuspect>> SuspectsAsync(CancellationToken cancellation) => record.ReadAsync(
        db => db.Tasks.FromSqlRaw(OldestSuspects(_limits))
            .OrderBy(task => task.SuspectSince).ThenBy(task => task.Job).ThenBy(task => task.Index)
            .Select(task => new WaitingSuspect(task.Job, task.Index, task.Cost, task.AvoidWorker))
            .ToListAsync(cancellation),
        cancellation);

    /// <summary>The next queued tasks of a job after an index that are neither suspects nor waiting out a failure.</summary>
    public async Task<List<WaitingTask>> TasksAsync(JobId job, int after, int count, CancellationToken cancellation)
    {
        var found = _ahead.Find(job, after, count) ?? await ReadAsync(job, after, Math.Max(count, ReadAhead.Size), cancellation);
        return found.Take(count).Select(task => new WaitingTask(task.Index, task.Cost, task.AvoidWorker)).ToList();
    }

    private async Task<List<PeekedTask>> ReadAsync(JobId job, int after, int count, CancellationToken cancellation)
    {
        var freshAfter = _freshAfter.GetValueOrDefault(job, -1);
        var found = await database.PeekAsync(new Peek(job, after, freshAfter, count, clock.Now()), cancellation);
        if (after <= freshAfter) Remember(job, after, found, isAll: found.Count < count);
        if (after < 0) _ahead.Keep(job, found, isAll: found.Count < count);
        return found;
    }

    /// <summary>Claims what was allotted in one transaction, and leaves out what must not be dispatched any more: see <see cref="IDatabase.ClaimAsync"/>.</summary>
    /// <param name="allotments">What to claim.</param>
    /// <param name="epoch">The leadership that claims.</param>
    /// <param name="lease">Length of the lease.</param>
    /// <param name="cancellation">Stops waiting for the turn to write.</param>
    public async Task<List<ClaimedTask>> ClaimAsync(IReadOnlyList<Allotment> allotments, long epoch, TimeSpan lease, CancellationToken cancellation)
    {
        var now = clock.Now();
        try
        {
            var claimed = await database.ClaimAsync(new Claim(allotments, epoch, now, now + lease), cancellation);
            _ahead.Claimed(allotments, claimed);
            return claimed;
        }
        catch
        {
            _ahead.Clear();
            throw;
        }
    }

    private void Remember(JobId job, int after, List<PeekedTask> found, bool isAll)
    {
        if (found.Find(task => task.Attempt == 0) is { } fresh) _freshAfter[job] = fresh.Index - 1;
        else if (isAll) _freshAfter[job] = NoneFresh;
        // The job says it has queued tasks and none was found: look everywhere the next time, whatever was remembered.
        if (after < 0 && found.Count == 0) _freshAfter.Remove(job);
    }

    private void Forget(IEnumerable<JobId> waiting)
    {
        foreach (var gone in _freshAfter.Keys.Except(waiting).ToList()) _freshAfter.Remove(gone);
    }
}
