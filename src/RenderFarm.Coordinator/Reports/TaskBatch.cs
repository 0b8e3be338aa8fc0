using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Reports;

/// <summary>
/// Tasks with their jobs during one transaction, and what may happen to them together; pure. A job's row is read once and written
/// once per batch, however many of its tasks change.
/// </summary>
internal sealed class TaskBatch(DateTimeOffset now, CoordinatorOptions options)
{
    private readonly Dictionary<JobId, RenderJob> _jobs = [];
    private readonly List<FailedAttempt> _failures = [];

    /// <summary>The time of the batch.</summary>
    public DateTimeOffset Now { get; } = now;

    /// <summary>Jobs of the batch.</summary>
    public IReadOnlyCollection<JobId> ChangedJobs => _jobs.Keys;

    /// <summary>Failed attempts that the batch adds to the record.</summary>
    public IReadOnlyList<FailedAttempt> Failures => _failures;

    /// <summary>Brings a job in; one that is in already stays.</summary>
    public void Add(RenderJob job) => _jobs.TryAdd(job.Id, job);

    /// <summary>Whether a job was brought in.</summary>
    public bool Has(JobId job) => _jobs.ContainsKey(job);

    /// <summary>The job of a task that was brought in.</summary>
    public RenderJob JobOf(RenderTask task) => _jobs[task.Job];

    /// <summary>The job of a task; null when nobody can see it any more, because retention has hidden it and its rows go one after another.</summary>
    public RenderJob? FindJobOf(RenderTask task) => _jobs.GetValueOrDefault(task.Job);

    /// <summary>Does what an accepted report says.</summary>
    public void Apply(RenderTask task, Report report)
    {
        switch (report)
        {
            case StartReport:
                task.Start(JobOf(task), report.Run, Now);
                break;
            case SuccessReport success:
                task.Complete(JobOf(task), success.Run, success.Worker, success.Image, Now);
                break;
            case FailureReport failure:
                Fail(task, failure.Failure);
                break;
            case ReturnReport:
                task.HandBack(JobOf(task));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(report), report, "No such report.");
        }
    }

    /// <summary>An attempt failed: another follows, or the task ends.</summary>
    public void Fail(RenderTask task, AttemptFailure failure)
    {
        var uncharged = RetryPolicy.NextUncharged(failure, task.Refusals, options);
        if ((uncharged ?? RetryPolicy.Next(failure, task.Charged, options)) is not { } wait)
        {
            GiveUp(task, failure);
            return;
        }

        Note(task, failure);
        task.TryAgain(JobOf(task), wait > TimeSpan.Zero ? Now + wait : null, isCharged: uncharged is null);
    }

    /// <summary>A run was lost by nobody's fault, as when a living worker no longer lists it: nobody is charged for it.</summary>
    public void Expire(RenderTask task)
    {
        var losses = task.CountLoss();
        if (losses >= options.MaxRescues)
            GiveUp(task, new AttemptFailure(FailureCodes.WorkerLost, true, $"{losses} runs of it were lost, the last on worker {task.Worker}."));
        else
            task.HandBack(JobOf(task));
    }

    /// <summary>A worker lost all it held, and nobody is charged. What waited there is ordinary; what a death interrupted is suspect.</summary>
    /// <param name="held">Every attempt that the worker held.</param>
    /// <param name="died">Whether the worker died; false when it left in good order.</param>
    /// <param name="wasHeard">
    /// Whether it was heard under the present leader. One that was not may have died of what took the coordinator too, a power cut say: the
    /// first such loss of a task makes no suspect of it, so that the farm goes on at full speed.
    /// </param>
    public void TakeBack(IReadOnlyCollection<RenderTask> held, bool died, bool wasHeard = true)
    {
        // A worker that dies with nothing running died of what it was about to run, loading a checkpoint say: else it might do so for ever.
        var nothingRan = held.All(task => task.Status != TaskStatuses.Running);
        foreach (var task in held)
        {
            var isTouched = died && (nothingRan || task.Status == TaskStatuses.Running);
            if (isTouched && (wasHeard || task.Rescues > 0))
                Accuse(task);
            else if (isTouched)
                Expire(task);
            else
                task.HandBack(JobOf(task));
        }
    }

    /// <summary>Ends the jobs whose last task has ended.</summary>
    public void RollUp()
    {
        foreach (var job in _jobs.Values) job.RollUp(Now);
    }

    private void Accuse(RenderTask task)
    {
        var deaths = task.Accuse(Now);
        var losses = task.CountLoss();
        if (deaths >= options.PoisonDeaths)
            GiveUp(task, new AttemptFailure(FailureCodes.Poison, false, $"Its worker died {deaths} times while it ran there alone, last {task.Worker}."));
        else if (losses >= options.MaxRescues)
            GiveUp(task, new AttemptFailure(FailureCodes.WorkerLost, true, $"{losses} runs of it were lost, the last with worker {task.Worker}."));
        else
            task.HandBack(JobOf(task));
    }

    private void GiveUp(RenderTask task, AttemptFailure failure)
    {
        Note(task, failure);
        task.GiveUp(JobOf(task), failure.Code, failure.Detail, Now);
    }

    private void Note(RenderTask task, AttemptFailure failure) => _failures.Add(new FailedAttempt
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
}
