namespace RenderFarm.Cli.Client;

/// <summary>Statuses of jobs and tasks as the API spells them.</summary>
internal static class JobStatuses
{
    public const string Queued = "queued";
    public const string Active = "active";
    public const string Completed = "completed";
    public const string Failed = "failed";
    public const string Canceled = "canceled";

    /// <summary>The statuses of jobs, in the order a job meets them.</summary>
    public static IReadOnlyList<string> All { get; } = [Queued, Active, Completed, Failed, Canceled];

    /// <summary>True when nothing more will happen by itself.</summary>
    public static bool IsEnded(string status) => status is Completed or Failed or Canceled;
}
