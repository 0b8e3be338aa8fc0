namespace RenderFarm.Hosting.Messaging.Queues;

/// <summary>Names of the farm's queues, in one place because sender and receiver must agree on them.</summary>
public static class EndpointNames
{
    /// <summary>Durable reports of attempts, competing coordinators.</summary>
    public const string Reports = "farm.reports";

    /// <summary>Announcements and heartbeats of workers, competing coordinators.</summary>
    public const string Workers = "farm.workers";

    /// <summary>Progress of attempts; each coordinator has a queue of its own, because each has clients of its own.</summary>
    public static string Progress(string coordinator) => $"farm.progress.{coordinator}";

    /// <summary>Attempts for one device of one worker.</summary>
    public static string Render(string worker, string device) => $"render.{worker}.{device}";

    /// <summary>Commands to a worker as a whole.</summary>
    public static string Control(string worker) => $"control.{worker}";

    /// <summary>Under this name the bus writes its log and its traces.</summary>
    public const string Telemetry = "MassTransit";

    /// <summary>The address that MassTransit sends to for a queue of this name.</summary>
    public static Uri Address(string endpoint) => new($"queue:{endpoint}");
}
