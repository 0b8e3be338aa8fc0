namespace RenderFarm.Coordinator.Simulation;

/// <summary>What a simulated farm is asked to do.</summary>
public sealed record FarmSimulationOptions
{
    /// <summary>Workers, one device each, 1…100,000; default 1,000.</summary>
    public int Workers { get; init; } = 1_000;

    /// <summary>Tenants, whose demand follows Zipf's law, 1…1,000,000; default 1,000.</summary>
    public int Tenants { get; init; } = 1_000;

    /// <summary>Images asked for per day, 1…100,000,000; default 1,700,000.</summary>
    public int ImagesPerDay { get; init; } = 1_700_000;

    /// <summary>Virtual hours in which jobs arrive, above 0 to 168; default 24. The simulation goes on until all are done.</summary>
    public double Hours { get; init; } = 24;

    /// <summary>Cost asked for ÷ what the fleet can do in that time, 0.01…2; default 0.85. Device speeds follow from it.</summary>
    public double Load { get; init; } = 0.85;

    /// <summary>Seed of all draws: the same options give the same report, byte for byte.</summary>
    public int Seed { get; init; } = 1;
}
