using S = RenderFarm.Coordinator.Jobs.TaskStatuses;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>What can happen to a task.</summary>
internal enum TaskEvent
{
    /// <summary>The dispatcher chose a device for it.</summary>
    Claimed,

    /// <summary>A worker took it into an engine slot.</summary>
    Started,

    /// <summary>The image is in the object store.</summary>
    Succeeded,

    /// <summary>It failed, and no other attempt follows.</summary>
    GaveUp,

    /// <summary>Its attempt is over without an outcome: failed with tries left, handed back, or rescued.</summary>
    Requeued,

    /// <summary>Its job was canceled.</summary>
    Canceled,

    /// <summary>Someone asked for the failed tasks of the job again.</summary>
    Retried,
}

/// <summary>What can happen to a job.</summary>
internal enum JobEvent
{
    /// <summary>Its first task was dispatched.</summary>
    Dispatched,

    /// <summary>Its last open task ended, and all completed.</summary>
    AllCompleted,

    /// <summary>Its last open task ended, and some failed.</summary>
    SomeFailed,

    /// <summary>Someone canceled it.</summary>
    Canceled,

    /// <summary>Someone asked for its failed tasks again.</summary>
    Retried,
}

/// <summary>Where an event may come from and where it leads: every event has exactly one target.</summary>
/// <param name="From">Statuses in which the event is legal.</param>
/// <param name="To">The status after it.</param>
internal sealed record Transition(IReadOnlyList<string> From, string To);

/// <summary>
/// The only place a status changes; pure. Bulk statements take their sources and their target from the same table.
/// </summary>
/// <remarks>
/// <code>
/// task event   legal in                        leads to
/// Claimed      queued                          dispatched
/// Started      dispatched                      running
/// Succeeded    queued, dispatched, running     completed    (queued: a late run of a rescued attempt)
/// GaveUp       dispatched, running             failed
/// Requeued     dispatched, running             queued
/// Canceled     queued, dispatched, running     canceled
/// Retried      failed                          queued
///
/// job event    legal in                        leads to
/// Dispatched   queued                          active
/// AllCompleted active                          completed
/// SomeFailed   active                          failed
/// Canceled     queued, active                  canceled
/// Retried      failed                          active
/// </code>
/// </remarks>
internal static class Transitions
{
    /// <summary>The row of the table for a task event.</summary>
    public static Transition Of(TaskEvent happened) => happened switch
    {
        TaskEvent.Claimed => new([S.Queued], S.Dispatched),
        TaskEvent.Started => new([S.Dispatched], S.Running),
        TaskEvent.Succeeded => new([S.Queued, S.Dispatched, S.Running], S.Completed),
        TaskEvent.GaveUp => new([S.Dispatched, S.Running], S.Failed),
        TaskEvent.Requeued => new([S.Dispatched, S.Running], S.Queued),
        TaskEvent.Canceled => new([S.Queued, S.Dispatched, S.Running], S.Canceled),
        TaskEvent.Retried => new([S.Failed], S.Queued),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "No such task event."),
    };

    /// <summary>The row of the table for a job event.</summary>
    public static Transition Of(JobEvent happened) => happened switch
    {
        JobEvent.Dispatched => new([JobStatuses.Queued], JobStatuses.Active),
        JobEvent.AllCompleted => new([JobStatuses.Active], JobStatuses.Completed),
        JobEvent.SomeFailed => new([JobStatuses.Active], JobStatuses.Failed),
        JobEvent.Canceled => new([JobStatuses.Queued, JobStatuses.Active], JobStatuses.Canceled),
        JobEvent.Retried => new([JobStatuses.Failed], JobStatuses.Active),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "No such job event."),
    };

    /// <summary>Why a task in this status refuses an event; null when it is legal.</summary>
    public static string? Refusal(string status, TaskEvent happened) => Of(happened).From.Contains(status)
        ? null
        : $"a task that is {status} cannot take the event {happened}; it is legal in {string.Join(", ", Of(happened).From)}";

    /// <summary>Why a job in this status refuses an event; null when it is legal.</summary>
    public static string? Refusal(string status, JobEvent happened) => Of(happened).From.Contains(status)
        ? null
        : $"a job that is {status} cannot take the event {happened}; it is legal in {string.Join(", ", Of(happened).From)}";

    /// <summary>Moves a task and keeps its job's counts in step.</summary>
    /// <exception cref="InvalidOperationException">The event is not legal in the task's status.</exception>
    public static void Apply(RenderJob job, RenderTask task, TaskEvent happened)
    {
        var from = task.Status;
        Follow(task, happened);
        job.Count(from, -1);
        job.Count(task.Status, +1);
    }

    /// <summary>Moves a task whose job has counted the event already, for all its tasks at once.</summary>
    /// <exception cref="InvalidOperationException">The event is not legal in the task's status.</exception>
    public static void Follow(RenderTask task, TaskEvent happened)
    {
        if (Refusal(task.Status, happened) is { } refusal)
            throw new InvalidOperationException($"Task {task.Job}/{task.Index}: {refusal}.");
        task.Status = Of(happened).To;
    }

    /// <summary>Moves a job.</summary>
    /// <exception cref="InvalidOperationException">The event is not legal in the job's status.</exception>
    public static void Apply(RenderJob job, JobEvent happened)
    {
        if (Refusal(job.Status, happened) is { } refusal)
            throw new InvalidOperationException($"Job {job.Id}: {refusal}.");
        job.Status = Of(happened).To;
    }
}
