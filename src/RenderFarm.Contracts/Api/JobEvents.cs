namespace RenderFarm.Contracts.Api;

/// <summary>
/// Names of the server-sent events of <c>GET /v1/jobs/{id}/events</c>. Events that carry an <c>id</c> are kept by the record: a client that
/// reconnects with <c>Last-Event-ID</c> gets every one after it, also after a restart of the server. The stream ends after the job's last event.
/// </summary>
public static class JobEventNames
{
    /// <summary>First event of a connection, without an id; data: <see cref="JobView"/>.</summary>
    public const string Snapshot = "job.snapshot";

    /// <summary>Steps of a running task, without an id; data: <see cref="TaskProgressEvent"/>.</summary>
    public const string TaskProgress = "task.progress";

    /// <summary>A task ended well; data: <see cref="TaskEndedEvent"/>.</summary>
    public const string TaskCompleted = "task.completed";

    /// <summary>A task ended badly; data: <see cref="TaskEndedEvent"/>.</summary>
    public const string TaskFailed = "task.failed";

    /// <summary>A task was canceled; data: <see cref="TaskEndedEvent"/>.</summary>
    public const string TaskCanceled = "task.canceled";

    /// <summary>The job ended with every image; data: <see cref="JobView"/>. Last event.</summary>
    public const string JobCompleted = "job.completed";

    /// <summary>The job ended with some failed; data: <see cref="JobView"/>. Last event.</summary>
    public const string JobFailed = "job.failed";

    /// <summary>The job was canceled; data: <see cref="JobView"/>. Last event.</summary>
    public const string JobCanceled = "job.canceled";
}

/// <summary>Steps of a running task.</summary>
/// <param name="Index">The task.</param>
/// <param name="Step">UNet evaluations done.</param>
/// <param name="Steps">UNet evaluations needed.</param>
public sealed record TaskProgressEvent(int Index, int Step, int Steps);

/// <summary>The end of a task, with the counts of its job after it.</summary>
/// <param name="Task">The task as it ended.</param>
/// <param name="Tasks">The job's tasks by status.</param>
public sealed record TaskEndedEvent(TaskView Task, TaskCounts Tasks);
