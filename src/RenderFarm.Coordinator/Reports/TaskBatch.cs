using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Reports;

/// <summary>
/// Tracked tasks with their jobs during one transaction, and what may happen to them together: a job's row is read once and written
/// once per batch, however many of its tasks change.
/// </summary>
internal sealed class TaskBatch(DateTimeOffset now, CoordinatorOptions options)
{
    private readonly Dictionary<JobId, RenderJob> _jobs = [];

    /// <summary>The time of the batch.</summary>
    public DateTimeOffset Now { get; } = now;

    /// <summary>Jobs of the batch.</summary>
    public IReadOnlyCollection<JobId> ChangedJobs => _jobs.Keys;

    /// <summary>Reads the jobs of tracked tasks.</summary>
    public async Task LoadAsync(FarmDbContext db, IEnumerable<RenderTask> tasks, CancellationToken cancellation)
    {
        var ids = tasks.Select(task => task.Job).Distinct().Where(id => !_jobs.ContainsKey(id)).ToArray();
        foreach (var job in await db.Jobs.Where(job => ids.Contains(job.Id)).ToListAsync(cancellation)) _jobs[job.Id] = job;
    }

    /// <summary>The job of a task.</summary>
    public RenderJob JobOf(RenderTask task) => _jobs[task.Job];

    /// <summary>An attempt failed: another follows, or the task ends.</summary>
    public void Fail(FarmDbContext db, RenderTask task, AttemptFailure failure)
    {
        db.Failures.Add(new FailedAttempt
        {
            Job = task.Job,
            Index = task.Index,
            Attempt = task.Attempt,
            Code = failure.Code,
            Retryable = failure.Retryable,
            Detail = failure.Detail,
            Worker = task.Worker,
            FailedAt = Now,
        });
        if (RetryPolicy.Next(failure, task.Charged, options) is { } wait)
            task.TryAgain(JobOf(task), wait > TimeSpan.Zero ? Now + wait : null);
        else
            task.GiveUp(JobOf(task), failure.Code, failure.Detail, Now);
    }

    /// <summary>A lease expired: as a failure that another worker may not have, and without a wait, since silence was wait enough.</summary>
    public void Expire(FarmDbContext db, RenderTask task)
    {
        var failure = new AttemptFailure(
            FailureCodes.WorkerLost, true, $"Worker {task.Worker} fell silent for {options.LeaseDuration.TotalSeconds:0.#} s during attempt {task.Charged}.");
        Fail(db, task, failure);
        task.SkipWait();
    }

    /// <summary>
    /// A worker lost what it held, and nobody is charged. A task that was running whenever its worker died, time after time, is held
    /// to be the cause and fails.
    /// </summary>
    /// <param name="task">A task the worker held.</param>
    /// <param name="died">Whether the worker died; false when it left in good order.</param>
    public void TakeBack(RenderTask task, bool died)
    {
        if (died && task.Status == TaskStatuses.Running && task.CountDeath() >= options.MaxWorkerDeaths)
            task.GiveUp(JobOf(task), FailureCodes.WorkerLost, $"Its worker died {task.Deaths} times while rendering it, last {task.Worker}.", Now);
        else
            task.HandBack(JobOf(task));
    }

    /// <summary>Ends the jobs whose last task has ended.</summary>
    public void RollUp()
    {
        foreach (var job in _jobs.Values) job.RollUp(Now);
    }
}
