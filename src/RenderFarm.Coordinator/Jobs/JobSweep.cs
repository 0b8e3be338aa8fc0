using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>The settings of a job with all defaults written out (table <c>job_sweeps</c>). Written once; recipes are computed from it.</summary>
internal sealed class JobSweep
{
    /// <summary>The job.</summary>
    public required JobId Job { get; init; }

    /// <summary>JSON of <see cref="Contracts.Api.SweepView"/>. Never changes.</summary>
    public required string Sweep { get; init; }

    /// <summary>Length of <see cref="Sweep"/> in characters, so that a page of jobs can be kept small without reading it. Never changes.</summary>
    public required int Length { get; init; }
}
