namespace RenderFarm.Testing.Faults;

/// <summary>How a farm under test is built.</summary>
public sealed record FarmSettings
{
    /// <summary>Right to run without a heartbeat.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Time between heartbeats.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(0.25);

    /// <summary>Time between two looks for expired leases.</summary>
    public TimeSpan RescueInterval { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>Coordinators; one leads.</summary>
    public int Coordinators { get; init; } = 1;

    /// <summary>How long a leader leads without renewing.</summary>
    public TimeSpan Leadership { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Images that a worker renders at once.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Length of one step.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Deaths of a worker with one task alone before that task is poison.</summary>
    public int PoisonDeaths { get; init; } = 2;

    /// <summary>Losses of one task before it fails.</summary>
    public int MaxRescues { get; init; } = 10;

    /// <summary>Whether the broker and the database are this farm's own, to be stopped and killed.</summary>
    public bool OwnServers { get; init; }

    /// <summary>Whether each coordinator has lines of its own, through those that all share, so that it can be cut off alone.</summary>
    public bool OwnLines { get; init; }

    /// <summary>The production lease, heartbeat and look.</summary>
    public static FarmSettings Production { get; } = new() { Lease = TimeSpan.FromSeconds(12), Heartbeat = TimeSpan.FromSeconds(3), RescueInterval = TimeSpan.FromSeconds(0.5), Leadership = TimeSpan.FromSeconds(4) };
}
