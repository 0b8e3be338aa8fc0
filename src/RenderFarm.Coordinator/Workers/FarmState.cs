namespace RenderFarm.Coordinator.Workers;

/// <summary>What holds for the farm as a whole (table <c>farm_state</c>, one row or none).</summary>
internal sealed class FarmState
{
    /// <summary>Key of the only row.</summary>
    public const int Only = 1;

    /// <summary>Always <see cref="Only"/>.</summary>
    public int Id { get; init; } = Only;

    /// <summary>When someone paused the farm; null while it runs. Queued tasks of every job wait, and running ones finish.</summary>
    public DateTimeOffset? PausedAt { get; set; }
}
