using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Tests.Simulation;

/// <summary>
/// The record in memory: the real entities, and twins of its statements. Each twin does what the record's conformance suite asks of the
/// statement. What happens within one call is one transaction.
/// </summary>
internal sealed class SimRecord
{
    private readonly Dictionary<JobId, (RenderJob Job, RenderTask[] Tasks)> _rows = [];

    /// <summary>Jobs in order of submission.</summary>
    public List<RenderJob> Jobs { get; } = [];

    /// <summary>Tasks in order of submission.</summary>
    public List<RenderTask> Tasks { get; } = [];

    public Dictionary<string, FarmWorker> Workers { get; } = new(StringComparer.Ordinal);

    public List<FarmDevice> Devices { get; } = [];

    public List<FailedAttempt> Failures { get; } = [];

    /// <summary>Whether it cannot be reached now.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether somebody paused the farm.</summary>
    public bool IsPaused { get; set; }

    /// <summary>The leadership that holds.</summary>
    public long Epoch { get; set; }

    /// <summary>Whether something may have changed since the rows were checked.</summary>
    public bool IsTouched { get; set; }

    public IEnumerable<RenderTask> Held => Tasks.Where(task => task.LeaseExpiresAt is not null);

    public RenderJob JobOf(RenderTask task) => _rows[task.Job].Job;

    public RenderTask[] TasksOf(JobId job) => _rows[job].Tasks;

    public List<RenderTask> HeldBy(string worker) => [.. Held.Where(task => task.Worker == worker)];

    public RenderTask? Find(AttemptId attempt) => _rows.TryGetValue(attempt.Job, out var found) ? found.Tasks[attempt.Index] : null;

    public void Add(RenderJob job, RenderTask[] tasks)
    {
        _rows[job.Id] = (job, tasks);
        Jobs.Add(job);
        Tasks.AddRange(tasks);
    }

    public IReadOnlyList<DeviceLoad> Fleet(DateTimeOffset now)
    {
        var held = Held.GroupBy(task => (task.Worker, task.Device)).Select(group => new HeldLoad(
            group.Key.Worker!, group.Key.Device!, group.Count(), group.Sum(task => task.Cost), group.Count(task => task.IsSuspect)));
        return RenderFarm.Coordinator.Dispatch.Fleet.Compose([.. Workers.Values.Where(worker => worker.Status == WorkerStatuses.Active)], Devices, held, now);
    }

    public List<WaitingJob> WaitingJobs() => [.. Jobs
        .Where(job => !JobStatuses.IsEnded(job.Status) && job.TasksQueued > 0 && job.PausedAt is null)
        .Select(job => new WaitingJob(
            job.Id, job.Tenant, job.Priority, job.Needs, job.Format, job.Quality))];

    public List<WaitingSuspect> WaitingSuspects() => [.. Tasks
        .Where(task => task.IsSuspect && task.Status == TaskStatuses.Queued && JobOf(task).PausedAt is null)
        .OrderBy(task => task.SuspectSince)
        .Select(task => new WaitingSuspect(task.Job, task.Index, task.Cost, task.AvoidWorker))];

    public List<WaitingTask> Peek(JobId job, int after, int count, DateTimeOffset now) => [.. TasksOf(job)
        .Where(task => task.Status == TaskStatuses.Queued && !task.IsSuspect && task.Index > after)
        .Where(task => task.NotBefore is null || task.NotBefore <= now)
        .Take(count)
        .Select(task => new WaitingTask(task.Index, task.Cost, task.AvoidWorker))];

    public List<ClaimedTask> Claim(IEnumerable<Allotment> allotments, long epoch, DateTimeOffset now, DateTimeOffset expires)
    {
        var claimed = new List<ClaimedTask>();
        if (epoch != Epoch || IsPaused) return claimed;
        foreach (var (waiting, device, indices) in allotments)
        {
            if (Workers.TryGetValue(device.Worker, out var worker) && (worker.Status != WorkerStatuses.Active || worker.DrainedAt is not null)) continue;
            var (job, tasks) = _rows[waiting.Id];
            if (job.PausedAt is not null || JobStatuses.IsEnded(job.Status) || !job.Takes(device.Profile)) continue;
            foreach (var task in indices.Select(index => tasks[index]).Where(task => task.Status == TaskStatuses.Queued))
            {
                job.Pin(device.Profile);
                task.Claim(job, device.Worker, device.Device, expires);
                job.MarkDispatched(now);
                claimed.Add(new ClaimedTask(waiting, device.Worker, device.Device, task.Index, task.Attempt));
            }
        }

        return claimed;
    }

    public void StartLeasesAnew(DateTimeOffset now, TimeSpan lease)
    {
        foreach (var worker in Workers.Values.Where(worker => worker.Status == WorkerStatuses.Active)) worker.LastSeenAt = now;
        foreach (var task in Held) (task.LeaseExpiresAt, task.MissedHeartbeats) = (now + lease, 0);
    }

    /// <summary>Cancels a job and ends what is held; the other rows trail.</summary>
    public void Cancel(RenderJob job, DateTimeOffset now)
    {
        if (JobStatuses.IsEnded(job.Status)) return;
        job.Cancel(now);
        foreach (var task in TasksOf(job.Id).Where(task => task.LeaseExpiresAt is not null)) task.Cancel(job);
    }

    /// <summary>Asks for the failed tasks of a job again; the rows trail.</summary>
    public void Retry(RenderJob job)
    {
        if (job.Status == JobStatuses.Canceled || job.TasksFailed == 0) return;
        job.Retry(TasksOf(job.Id).Where(task => task.StatusIn(job) == TaskStatuses.Failed).Sum(task => task.Cost));
    }

    /// <summary>Lets one trailing row of every job follow.</summary>
    public void Follow()
    {
        if (IsAway) return;
        foreach (var job in Jobs.Where(job => job.HasTrailing))
        {
            IsTouched = true;
            if (Array.Find(TasksOf(job.Id), task => task.StatusIn(job) != task.Status) is { } trailing) trailing.CatchUp(job);
            else job.RowsHaveFollowed();
        }
    }
}
