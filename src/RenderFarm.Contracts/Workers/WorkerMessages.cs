using System.Text.Json.Serialization;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Contracts.Workers;

/// <summary>A worker process came up, or repeats what it can do. Sent at start and after every change of what it offers.</summary>
/// <param name="Worker">The worker's name, stable over restarts.</param>
/// <param name="Incarnation">Made at each start of the process. A new one means that everything the former held is lost.</param>
/// <param name="Capabilities">What it can render.</param>
public sealed record WorkerAnnounced(string Worker, Guid Incarnation, WorkerCapabilities Capabilities);

/// <summary>The worker lives, and this is all it holds.</summary>
/// <param name="Worker">The worker's name.</param>
/// <param name="Incarnation">The incarnation that speaks.</param>
/// <param name="Runs">Every run taken and not yet reported, waiting or running.</param>
public sealed record WorkerHeartbeat(string Worker, Guid Incarnation, IReadOnlyList<HeldRun> Runs);

/// <summary>A run that a worker holds.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Run">The delivery of it.</param>
public sealed record HeldRun(AttemptId Attempt, RunId Run);

/// <summary>The worker leaves in good order; it has returned what it held.</summary>
/// <param name="Worker">The worker's name.</param>
/// <param name="Incarnation">The incarnation that leaves.</param>
public sealed record WorkerLeft(string Worker, Guid Incarnation);

/// <summary>What a worker can render.</summary>
/// <param name="Devices">Its devices; each has a queue of its own.</param>
/// <param name="Checkpoints">The checkpoints it holds.</param>
public sealed record WorkerCapabilities(IReadOnlyList<DeviceCapabilities> Devices, IReadOnlyList<CheckpointDescription> Checkpoints)
{
    /// <summary>Whether it fetches checkpoints from the object store when it is told to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FetchesCheckpoints { get; init; }

    /// <summary>The upscalers it holds; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<UpscalerDescription>? Upscalers { get; init; }
}

/// <summary>An upscaler as people and recipes see it.</summary>
/// <param name="Name">The name people pick it by (API field <c>hires.upscaler</c>).</param>
/// <param name="Digest">SHA-256 of its file: <c>sha256:</c> and 64 hexadecimal digits. What a recipe names it by.</param>
public sealed record UpscalerDescription(string Name, string Digest);

/// <summary>
/// Command to a worker: fetch and load this checkpoint, tasks of it will follow. When it is there, the worker announces it. Losing or repeating it is
/// harmless.
/// </summary>
/// <param name="Device">The device that shall load it.</param>
/// <param name="Digest">Digest of the checkpoint.</param>
public sealed record PrepareCheckpoint(string Device, string Digest);

/// <summary>One device of a worker.</summary>
/// <param name="Device">Name within the worker, for example <c>cpu</c> or <c>cuda0</c>.</param>
/// <param name="Slots">Images it renders at the same time.</param>
/// <param name="Profile">Its execution profile, as one line.</param>
/// <param name="PixelStepsPerSecond">Estimated speed in cost units; the dispatcher corrects it by what it measures.</param>
public sealed record DeviceCapabilities(string Device, int Slots, string Profile, double PixelStepsPerSecond)
{
    /// <summary>Memory in bytes that checkpoints and their work may take; null when it is not known.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Digests of the checkpoints that are loaded on it now; null when none is.</summary>
    public IReadOnlyList<string>? Resident { get; init; }

    /// <summary>Its speed by the number of images that share it, as far as it has been measured; null before the first image.</summary>
    public IReadOnlyList<SharedSpeed>? Measured { get; init; }

    /// <summary>Its execution provider, for example <c>cpu</c> or <c>cuda</c>; null from a worker that does not say.</summary>
    public string? Provider { get; init; }

    /// <summary>
    /// One of <see cref="DeterminismClasses"/>: which class its pipelines are of. One of <c>fast</c> pipelines is given no reproducible job. Null from a worker that
    /// does not say, whose pipelines are reproducible.
    /// </summary>
    public string? Determinism { get; init; }

    /// <summary>Most pixels (width × height, after a second pass) of an image that it takes; null for any number.</summary>
    public long? PixelsPerImage { get; init; }

    /// <summary>Images a second by the rows that shared the device, as far as they have been measured; null before the first image.</summary>
    public IReadOnlyList<RowSpeed>? Speeds { get; init; }
}

/// <summary>Images that a device finishes a second while a number of rows share it: an image under guidance takes two, any other one.</summary>
/// <param name="Rows">Rows at a time, all images together.</param>
/// <param name="ImagesPerSecond">All of them together, of the sizes and step counts that were asked of it.</param>
public sealed record RowSpeed(int Rows, double ImagesPerSecond);

/// <summary>Speed of a device while a number of images share it.</summary>
/// <param name="Images">Images at a time.</param>
/// <param name="PixelStepsPerSecond">All of them together: width × height × steps a second. Divided by those of an image, images a second.</param>
public sealed record SharedSpeed(int Images, double PixelStepsPerSecond);

/// <summary>A checkpoint as people see it.</summary>
public sealed record CheckpointDescription
{
    /// <summary>The name people pick it by (API field <c>model</c>).</summary>
    public required string Name { get; init; }

    /// <summary>Digest of its files: <c>sha256:</c> and 64 hexadecimal digits. Part of every recipe.</summary>
    public required string Digest { get; init; }

    /// <summary>Native width in pixels, used when a job names none.</summary>
    public required int Width { get; init; }

    /// <summary>Native height in pixels, used when a job names none.</summary>
    public required int Height { get; init; }

    /// <summary>Width and height must be multiples of this many pixels.</summary>
    public required int SideMultiple { get; init; }

    /// <summary>Whether it makes its native size alone, because its graphs have a fixed shape.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsFixedSize { get; init; }

    /// <summary>
    /// Whether its UNet takes one timestep for all rows of a call, as Optimum exports it: then only images at the same step share calls, which costs throughput
    /// and changes no image.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OneTimestepPerCall { get; init; }

    /// <summary>Whether an empty negative prompt is zeros instead of its embedding, which moves pixels and so is part of the digest.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ZeroesEmptyNegative { get; init; }

    /// <summary>
    /// How many times larger it makes a picture, which every job of it must then begin from: 4 for Stable Diffusion's upscaler; null for a checkpoint that paints.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? EnlargesBy { get; init; }

    /// <summary>Step count used when a job names none.</summary>
    public required int Steps { get; init; }

    /// <summary>Sampler used when a job names none.</summary>
    public required string Sampler { get; init; }

    /// <summary>Noise schedule used when a job names none.</summary>
    public required string NoiseSchedule { get; init; }

    /// <summary>Timestep spacing used when a job names none.</summary>
    public required string TimestepSpacing { get; init; }

    /// <summary>Guidance scale used when a job names none.</summary>
    public required double GuidanceScale { get; init; }

    /// <summary>Cost of one pixel-step relative to Stable Diffusion 1.5.</summary>
    public double CostFactor { get; init; } = 1;
}
