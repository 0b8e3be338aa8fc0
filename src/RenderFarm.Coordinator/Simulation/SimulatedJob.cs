using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;

namespace RenderFarm.Coordinator.Simulation;

/// <summary>A job of the simulation: equal images, none of which fails.</summary>
internal sealed class SimulatedJob
{
    public required JobId Id { get; init; }

    /// <summary>Its tenant, from 0, the largest first.</summary>
    public required int Tenant { get; init; }

    public required string Priority { get; init; }

    public required string Determinism { get; init; }

    /// <summary>When it is submitted, virtual seconds.</summary>
    public required double SubmittedAt { get; init; }

    public required int Images { get; init; }

    public required int Side { get; init; }

    public required int Steps { get; init; }

    public required int Rows { get; init; }

    /// <summary>Cost of one image in pixel-steps, as <see cref="Jobs.JobCost"/> counts a pass with one evaluation a step.</summary>
    public long Cost => (long)Side * Side * Rows * Steps;

    /// <summary>Profile of the first image dispatched.</summary>
    public string? Profile { get; set; }

    public int Dispatched { get; set; }

    public int Started { get; set; }

    public int Finished { get; set; }

    public WaitingJob AsWaiting() => new(
        Id, $"tenant-{Tenant}", Priority, new RenderNeeds(FarmSimulation.Checkpoint, Determinism, Profile), "png", null);
}
