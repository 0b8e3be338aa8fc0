using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Workers;

/// <summary>Statuses of a worker.</summary>
internal static class WorkerStatuses
{
    /// <summary>Its heartbeats arrive.</summary>
    public const string Active = "active";

    /// <summary>Silent beyond the lease, or not yet heard since the coordinator started.</summary>
    public const string Lost = "lost";

    /// <summary>It left in good order.</summary>
    public const string Left = "left";
}

/// <summary>A render worker (table <c>workers</c>).</summary>
internal sealed class FarmWorker
{
    /// <summary>Its name, stable over restarts.</summary>
    public required string Name { get; init; }

    /// <summary>The start of the worker that spoke last; changed by announcements.</summary>
    public required Guid Incarnation { get; set; }

    /// <summary>One of <see cref="WorkerStatuses"/>; active at first; changed by announcements, heartbeats, farewells and silence.</summary>
    public string Status { get; set; } = WorkerStatuses.Active;

    /// <summary>Stands among <see cref="Checkpoints"/> for every one in the object store: the worker fetches what it is told to.</summary>
    public const string Fetches = "*";

    /// <summary>Digests of the checkpoints it holds, and <see cref="Fetches"/> where it fetches others; changed by announcements.</summary>
    public required List<string> Checkpoints { get; set; }

    /// <summary>JSON of the <see cref="Contracts.Workers.UpscalerDescription"/>s it holds; null for none; changed by announcements.</summary>
    public string? Upscalers { get; set; }

    /// <summary>When it was first announced. Never changes.</summary>
    public required DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>When its latest heartbeat arrived, or its latest announcement that told something new.</summary>
    public required DateTimeOffset LastSeenAt { get; set; }

    /// <summary>
    /// Whether what an incarnation says of itself counts: of the present one, unless it has said goodbye. Coordinators take the messages of a worker side by
    /// side, so its last heartbeat may come after its farewell, and would give a process that is gone work again.
    /// </summary>
    public bool Hears(Guid incarnation) => incarnation == Incarnation && Status != WorkerStatuses.Left;

    /// <summary>
    /// Whether an announcement comes too late on the bus. One of the present incarnation does when that has left. One of another does when it is of a former
    /// life: ids of incarnations carry the time, and the present one has just been heard. One that has not been heard for a lease yields to any, since a
    /// clock may have been set back between two starts.
    /// </summary>
    public bool Outlives(Guid announced, DateTimeOffset now, TimeSpan lease) => announced == Incarnation
        ? !Hears(announced)
        : announced.Version == 7 && Incarnation.Version == 7
            && string.CompareOrdinal(announced.ToString("N"), Incarnation.ToString("N")) < 0
            && Status != WorkerStatuses.Lost && now - LastSeenAt < lease;

    /// <summary>Runs in its latest heartbeat that the record did not want; 0 at first and for a new incarnation. While there are any, nothing runs alone there.</summary>
    public int UnwantedRuns { get; set; }

    /// <summary>When someone told it to take no more; null while it may. Set by drain, cleared by resume.</summary>
    public DateTimeOffset? DrainedAt { get; set; }

    /// <summary>
    /// Tasks (<c>job/index</c>, with the code before it where the worker's surroundings were to blame) that failed here by a fault of the worker, each once,
    /// the latest last and no more than decide; empty at first. Changed by <see cref="WorkerStanding"/>.
    /// </summary>
    public List<string> Faults { get; set; } = [];

    /// <summary>Images since the first of <see cref="Faults"/>; 0 while there are none. Changed by <see cref="WorkerStanding"/>.</summary>
    public int SuccessesSinceFault { get; set; }

    /// <summary>Why it is in quarantine, in a sentence; null when it is not. Changed by <see cref="WorkerStanding"/>.</summary>
    public string? QuarantineReason { get; set; }

    /// <summary>When the cool-down of its quarantine ends and one task is tried; null when it is in none. Changed by <see cref="WorkerStanding"/>.</summary>
    public DateTimeOffset? TrialAt { get; set; }

    /// <summary>Quarantines in a row; 0 at first and after a release. Each doubles the cool-down.</summary>
    public int Quarantines { get; set; }
}

/// <summary>A device of a worker (table <c>devices</c>).</summary>
internal sealed class FarmDevice
{
    /// <summary>Its worker.</summary>
    public required string Worker { get; init; }

    /// <summary>Its name within the worker.</summary>
    public required string Device { get; init; }

    /// <summary>Images it renders at the same time; changed by announcements.</summary>
    public required int Slots { get; set; }

    /// <summary>Its execution profile as one line; changed by announcements.</summary>
    public required string Profile { get; set; }

    /// <summary>Speed in pixel-steps per second as the worker estimates it; changed by announcements.</summary>
    public required double AnnouncedSpeed { get; set; }

    /// <summary>Speed in pixel-steps per second over its latest images (moving average); null before the first. Changed by success reports.</summary>
    public double? MeasuredSpeed { get; set; }

    /// <summary>Most pixels of an image that it takes; null for any number. Changed by announcements.</summary>
    public long? PixelsPerImage { get; set; }

    /// <summary>
    /// Determinism class of its pipelines as its worker says it; null for a worker that does not say, whose pipelines are reproducible. Changed by announcements.
    /// </summary>
    public string? Determinism { get; set; }

    /// <summary>Whether reproducible jobs are not for it. A class that this version does not know is none that they can count on.</summary>
    public bool IsFast => Determinism is not (null or DeterminismClasses.Reproducible);

    /// <summary>The best number there is, at least one pixel-step per second.</summary>
    public double Speed => Math.Max(1, MeasuredSpeed ?? AnnouncedSpeed);

    /// <summary>Takes a finished image into the moving average.</summary>
    /// <param name="cost">Its cost in pixel-steps.</param>
    /// <param name="elapsed">From slot to pixels.</param>
    /// <param name="sharing">Images that ran on the device at the same time, itself included: they share its speed.</param>
    public void Measure(long cost, TimeSpan elapsed, int sharing)
    {
        const double Weight = 0.2;
        var speed = cost / Math.Max(elapsed.TotalSeconds, 0.001) * Math.Clamp(sharing, 1, Math.Max(1, Slots));
        MeasuredSpeed = MeasuredSpeed is { } before ? before + (Weight * (speed - before)) : speed;
    }
}

/// <summary>
/// All that a device last said of itself (table <c>device_capabilities</c>), for people to see. What dispatch goes by is in <see cref="FarmDevice"/>, which every
/// image changes; a row of this table is written when something new was said.
/// </summary>
internal sealed class AnnouncedDevice
{
    /// <summary>Its worker.</summary>
    public required string Worker { get; init; }

    /// <summary>Its name within the worker.</summary>
    public required string Device { get; init; }

    /// <summary>JSON of the <see cref="Contracts.Workers.DeviceCapabilities"/>; changed by announcements that say something else.</summary>
    public required string Capabilities { get; set; }
}

/// <summary>A checkpoint that some worker announced (table <c>checkpoints</c>). Kept, so that a restart knows the names before workers speak.</summary>
internal sealed class FarmCheckpoint
{
    /// <summary>Digest of its files. Never changes.</summary>
    public required string Digest { get; init; }

    /// <summary>The name people pick it by; changed by announcements.</summary>
    public required string Name { get; set; }

    /// <summary>JSON of the <see cref="Contracts.Workers.CheckpointDescription"/>; changed by announcements.</summary>
    public required string Description { get; set; }

    /// <summary>When it was first announced: the earliest one is the farm's default. Never changes.</summary>
    public required DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>When a worker last came up with it, or announced it with another description: of two with one name, the later means that name.</summary>
    public required DateTimeOffset LastSeenAt { get; set; }
}
