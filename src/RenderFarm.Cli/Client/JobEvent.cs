using System.Net.ServerSentEvents;
using System.Text.Json;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Client;

/// <summary>One thing that happened to a job, as its event stream says it.</summary>
internal abstract record JobEvent
{
    /// <summary>Reads an event; null for one that this version does not know.</summary>
    /// <exception cref="JsonException">The payload is not what its name promises.</exception>
    public static JobEvent? Read(SseItem<string> item) => item.EventType switch
    {
        JobEventNames.Snapshot => new JobSeen(Payload<JobView>(item)),
        JobEventNames.TaskProgress => new StepsDone(Payload<TaskProgressEvent>(item)),
        JobEventNames.TaskCompleted or JobEventNames.TaskFailed or JobEventNames.TaskCanceled => new TaskEnded(Payload<TaskEndedEvent>(item)),
        JobEventNames.JobCompleted or JobEventNames.JobFailed or JobEventNames.JobCanceled => new JobEnded(Payload<JobView>(item)),
        _ => null,
    };

    private static T Payload<T>(SseItem<string> item) =>
        JsonSerializer.Deserialize<T>(item.Data, ClientJson.Options) ?? throw new JsonException($"Event {item.EventType} carries null.");
}

/// <summary>The job as it stands.</summary>
internal sealed record JobSeen(JobView Job) : JobEvent;

/// <summary>A running image came further.</summary>
internal sealed record StepsDone(TaskProgressEvent Progress) : JobEvent;

/// <summary>An image ended: completed, failed or canceled.</summary>
internal sealed record TaskEnded(TaskEndedEvent End) : JobEvent;

/// <summary>The job ended. The last event.</summary>
internal sealed record JobEnded(JobView Job) : JobEvent;
