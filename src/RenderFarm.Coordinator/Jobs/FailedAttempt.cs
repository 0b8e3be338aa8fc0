using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>One failed attempt (table <c>attempt_failures</c>): only failures get a row. Written once, never changed.</summary>
internal sealed class FailedAttempt
{
    /// <summary>The job.</summary>
    public required JobId Job { get; init; }

    /// <summary>The task's index.</summary>
    public required int Index { get; init; }

    /// <summary>Number of the attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>One of <see cref="Contracts.Attempts.FailureCodes"/>.</summary>
    public required string Code { get; init; }

    /// <summary>Whether the worker thought that another attempt may succeed.</summary>
    public required bool Retryable { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Detail { get; init; }

    /// <summary>The worker; null when none had been chosen.</summary>
    public string? Worker { get; init; }

    /// <summary>When the record learned of it.</summary>
    public required DateTimeOffset FailedAt { get; init; }
}
