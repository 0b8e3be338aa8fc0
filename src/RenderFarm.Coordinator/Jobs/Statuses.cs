namespace RenderFarm.Coordinator.Jobs;

/// <summary>Statuses of a job, as stored and as shown.</summary>
internal static class JobStatuses
{
    /// <summary>Accepted; no task has been dispatched yet.</summary>
    public const string Queued = "queued";

    /// <summary>At least one task has been dispatched and at least one has not ended.</summary>
    public const string Active = "active";

    /// <summary>Every task completed.</summary>
    public const string Completed = "completed";

    /// <summary>Every task ended, and at least one failed. Keeps the images that succeeded.</summary>
    public const string Failed = "failed";

    /// <summary>Ended by request. Keeps the images that succeeded before.</summary>
    public const string Canceled = "canceled";

    /// <summary>Every status, in the order a job meets them.</summary>
    public static IReadOnlyList<string> All { get; } = [Queued, Active, Completed, Failed, Canceled];

    /// <summary>True when no more events follow, unless someone retries the job.</summary>
    public static bool IsEnded(string status) => status is Completed or Failed or Canceled;
}

/// <summary>Statuses of a task, as stored and as shown.</summary>
internal static class TaskStatuses
{
    /// <summary>In the backlog.</summary>
    public const string Queued = "queued";

    /// <summary>Claimed for a device and published to it; the lease runs.</summary>
    public const string Dispatched = "dispatched";

    /// <summary>In an engine slot; the lease runs.</summary>
    public const string Running = "running";

    /// <summary>Its image is in the object store.</summary>
    public const string Completed = "completed";

    /// <summary>Ended by an error, with a named reason.</summary>
    public const string Failed = "failed";

    /// <summary>Ended by request.</summary>
    public const string Canceled = "canceled";

    /// <summary>Every status, in the order a task meets them.</summary>
    public static IReadOnlyList<string> All { get; } = [Queued, Dispatched, Running, Completed, Failed, Canceled];

    /// <summary>True when the task has an outcome.</summary>
    public static bool IsEnded(string status) => status is Completed or Failed or Canceled;
}
