namespace RenderFarm.Coordinator.Simulation;

/// <summary>An image that costs time and has no pixels.</summary>
public sealed class SimulatedImage
{
    internal SimulatedImage(SimulatedJob job) => (Job, TurnsLeft) = (job, job.Steps);

    /// <summary>Width and height, pixels.</summary>
    public int Side => Job.Side;

    /// <summary>Rows of a call that it takes: two under guidance, else one.</summary>
    public int Rows => Job.Rows;

    /// <summary>UNet evaluations it still needs.</summary>
    public int TurnsLeft { get; internal set; }

    internal SimulatedJob Job { get; }

    internal bool HasStarted { get; set; }
}
