using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>A job with queued tasks.</summary>
internal sealed record WaitingJob(JobId Id, string Tenant, string Priority, RenderNeeds Needs, string Format, int? Quality)
{
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

/// <summary>The rows that wait, and the statement that claims them.</summary>
internal sealed class Backlog(FarmRecord record, TimeProvider clock)
{
    // The oldest are enough for a round: each takes a whole worker.
    private const int SuspectsPerRound = 256;

    /// <summary>Jobs with queued tasks that are not paused, in order of submission; none while the farm is paused.</summary>
    public Task<List<WaitingJob>> JobsAsync(CancellationToken cancellation) => record.ReadAsync(
        async db =>
        {
            if (await FarmControl.PausedAtAsync(db, cancellation) is not null) return [];
            var rows = await db.Jobs
                .Where(job => (job.Status == JobStatuses.Queued || job.Status == JobStatuses.Active) && job.TasksQueued > 0 && job.PausedAt == null)
                .OrderBy(job => job.Id)
                .Select(job => new
                {
                    job.Id,
                    job.Tenant,
                    job.Priority,
                    job.Checkpoint,
                    job.Determinism,
                    // A pin holds from the first image on: before it, another profile does as well.
                    Profile = job.TasksCompleted + job.TasksDispatched + job.TasksRunning == 0 ? null : job.Profile,
                    job.Format,
                    job.Quality,
                })
                .ToListAsync(cancellation);
            return rows.ConvertAll(row => new WaitingJob(
                row.Id, row.Tenant, row.Priority, new RenderNeeds(row.Checkpoint, row.Determinism, row.Profile), row.Format, row.Quality));
        },
        cancellation);

    /// <summary>Queued suspects, the oldest first.</summary>
    public Task<List<WaitingSuspect>> SuspectsAsync(CancellationToken cancellation) => record.ReadAsync(
        db => db.Tasks
            .Where(task => task.SuspectSince != null && task.Status == TaskStatuses.Queued)
            .Where(task => db.Jobs.Any(job => job.Id == task.Job && job.PausedAt == null))
            .OrderBy(task => task.SuspectSince).ThenBy(task => task.Job).ThenBy(task => task.Index)
            .Take(SuspectsPerRound)
            .Select(task => new WaitingSuspect(task.Job, task.Index, task.Cost, task.AvoidWorker))
            .ToListAsync(cancellation),
        cancellation);

    /// <summary>The next queued tasks of a job after an index that are neither suspects nor waiting out a failure.</summary>
    public Task<List<WaitingTask>> TasksAsync(JobId job, int after, int count, CancellationToken cancellation) => record.ReadAsync(
        db =>
        {
            var now = clock.Now();
            return db.Tasks
                .Where(task => task.Job == job && task.Status == TaskStatuses.Queued && task.SuspectSince == null && task.Index > after)
                .Where(task => task.NotBefore == null || task.NotBefore <= now)
                .OrderBy(task => task.Index)
                .Take(count)
                .Select(task => new WaitingTask(task.Index, task.Cost, task.AvoidWorker))
                .ToListAsync(cancellation);
        },
        cancellation);

    /// <summary>Claims what was allotted in one transaction. A task that somebody canceled meanwhile is left out.</summary>
    /// <param name="allotments">What to claim.</param>
    /// <param name="lease">Length of the lease.</param>
    /// <param name="cancellation">Stops waiting for the turn to write.</param>
    public Task<List<ClaimedTask>> ClaimAsync(IReadOnlyList<Allotment> allotments, TimeSpan lease, CancellationToken cancellation) => record.WriteAsync(
        async db =>
        {
            var claimed = new List<ClaimedTask>();
            foreach (var ofJob in allotments.GroupBy(allotment => allotment.Job.Id))
            {
                var job = await db.Jobs.SingleAsync(row => row.Id == ofJob.Key, cancellation);
                if (JobStatuses.IsEnded(job.Status)) continue;
                var before = claimed.Count;
                foreach (var allotment in ofJob) claimed.AddRange(await ClaimAsync(db, allotment, clock.Now() + lease, cancellation));
                Book(job, ofJob.First(), claimed.Count - before);
            }

            return claimed;
        },
        cancellation);

    private static async Task<IEnumerable<ClaimedTask>> ClaimAsync(FarmDbContext db, Allotment allotment, DateTimeOffset expires, CancellationToken cancellation)
    {
        var (job, device, indices) = allotment;
        var legal = Transitions.Of(TaskEvent.Claimed);
        var wanted = db.Tasks.Where(task => task.Job == job.Id && indices.Contains(task.Index));
        await wanted.Where(task => legal.From.Contains(task.Status)).ExecuteUpdateAsync(
            task => task
                .SetProperty(t => t.Status, legal.To)
                .SetProperty(t => t.Attempt, t => t.Attempt + 1)
                .SetProperty(t => t.Charged, t => t.Charged + 1)
                .SetProperty(t => t.MissedHeartbeats, 0)
                .SetProperty(t => t.Worker, device.Worker)
                .SetProperty(t => t.Device, device.Device)
                .SetProperty(t => t.Run, (RunId?)null)
                .SetProperty(t => t.NotBefore, (DateTimeOffset?)null)
                .SetProperty(t => t.StartedAt, (DateTimeOffset?)null)
                .SetProperty(t => t.LeaseExpiresAt, expires),
            cancellation);
        var taken = await wanted
            .Where(task => task.Status == legal.To && task.Worker == device.Worker && task.Device == device.Device && task.LeaseExpiresAt == expires)
            .OrderBy(task => task.Index)
            .Select(task => new { task.Index, task.Attempt })
            .ToListAsync(cancellation);
        return taken.Select(task => new ClaimedTask(job, device.Worker, device.Device, task.Index, task.Attempt));
    }

    private void Book(RenderJob job, Allotment first, int count)
    {
        if (count == 0) return;
        job.Count(Transitions.Of(TaskEvent.Claimed).From[0], -count);
        job.Count(Transitions.Of(TaskEvent.Claimed).To, count);
        job.MarkDispatched(clock.Now());
        if (job.Determinism == DeterminismClasses.Reproducible) job.Profile = first.Device.Profile;
    }
}
