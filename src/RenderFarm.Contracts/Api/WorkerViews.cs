using RenderFarm.Contracts.Workers;

namespace RenderFarm.Contracts.Api;

/// <summary>A worker as the API shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">active, lost or left.</param>
/// <param name="Devices">Its devices.</param>
/// <param name="LastSeenAt">Its latest heartbeat.</param>
/// <param name="DrainedAt">Since when it takes no more because someone said so; null while it may.</param>
/// <param name="Quarantine">Why it is given nothing; null while it is trusted.</param>
public sealed record WorkerView(
    string Name, string Status, IReadOnlyList<DeviceView> Devices, DateTimeOffset LastSeenAt, DateTimeOffset? DrainedAt = null, QuarantineView? Quarantine = null)
{
    /// <summary>The upscalers that it holds, which jobs name in hires.upscaler; null for none.</summary>
    public IReadOnlyList<UpscalerDescription>? Upscalers { get; init; }
}

/// <summary>The quarantine of a worker that failed many different tasks.</summary>
/// <param name="Reason">One sentence for people.</param>
/// <param name="TrialAt">When one task is tried on it; an image from it ends the quarantine.</param>
public sealed record QuarantineView(string Reason, DateTimeOffset TrialAt);

/// <summary>The farm as a whole.</summary>
/// <param name="PausedAt">Since when every queued task waits because someone paused the farm; null while it runs.</param>
public sealed record FarmView(DateTimeOffset? PausedAt);

/// <summary>A device as the API shows it.</summary>
/// <param name="Device">Name within the worker.</param>
/// <param name="Slots">Images it renders at the same time.</param>
/// <param name="Held">Attempts it holds now, waiting or running.</param>
/// <param name="Profile">Its execution profile.</param>
/// <param name="PixelStepsPerSecond">Measured speed in cost units.</param>
public sealed record DeviceView(string Device, int Slots, int Held, string Profile, double PixelStepsPerSecond)
{
    /// <summary>Its execution provider, for example cpu or cuda; null where its worker does not say.</summary>
    public string? Provider { get; init; }

    /// <summary>reproducible, or fast: then it is given fast jobs alone. Null where its worker does not say, and is taken for reproducible.</summary>
    public string? Determinism { get; init; }

    /// <summary>Memory in bytes that checkpoints and their work may take; null where it is not known.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Most pixels (width × height, after a second pass) of an image that it is given; null for any number.</summary>
    public long? PixelsPerImage { get; init; }

    /// <summary>The checkpoints that are loaded on it; null for none, and where its worker does not say.</summary>
    public IReadOnlyList<ResidentView>? Resident { get; init; }

    /// <summary>Images a second by the rows that share it, measured on the images that it finished; null before the first.</summary>
    public IReadOnlyList<RowSpeed>? Speeds { get; init; }
}

/// <summary>A checkpoint that is loaded on a device.</summary>
/// <param name="Digest">Digest of its files.</param>
/// <param name="Name">The name that workers give it; null where none has said one.</param>
public sealed record ResidentView(string Digest, string? Name = null);
