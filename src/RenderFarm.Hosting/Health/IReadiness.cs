namespace RenderFarm.Hosting.Health;

/// <summary>One thing that a role needs in order to do its work. Readiness asks all of them and names those that are away.</summary>
public interface IReadiness
{
    /// <summary>What it is, as the beginning of a sentence.</summary>
    string Name { get; }

    /// <summary>A sentence that names what is away; null when all is well. Answers soon, or observes the cancellation.</summary>
    Task<string?> WhatIsAwayAsync(CancellationToken cancellation);
}
