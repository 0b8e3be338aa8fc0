using System.Text.Json.Serialization;

namespace RenderFarm.Contracts.Api;

/// <summary>A job as the API shows it.</summary>
public sealed record JobView
{
    /// <summary>The job.</summary>
    public required JobId Id { get; init; }

    /// <summary>queued, active, completed, failed or canceled.</summary>
    public required string Status { get; init; }

    /// <summary>The caller's own name for it.</summary>
    public string? Label { get; init; }

    /// <summary>Checkpoint name.</summary>
    public required string Model { get; init; }

    /// <summary>Checkpoint digest.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Priority class.</summary>
    public required string Priority { get; init; }

    /// <summary>File format of the images.</summary>
    public required string Format { get; init; }

    /// <summary>Images by status.</summary>
    public required TaskCounts Tasks { get; init; }

    /// <summary>The cells of the sweep, with all defaults written out.</summary>
    public required SweepView Sweep { get; init; }

    /// <summary>Execution profile that a reproducible job is pinned to; null before its first task is dispatched, and for fast jobs.</summary>
    public string? Profile { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its first task was dispatched; null before.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it and its images may be deleted; null while it has not ended, and when it is kept.</summary>
    public DateTimeOffset? DeleteAfter { get; init; }

    /// <summary>Estimated time to its end; null when nothing has been measured yet, and after the end.</summary>
    public double? EtaSeconds { get; init; }

    /// <summary>True while its queued tasks wait because someone paused it.</summary>
    public bool Paused { get; init; }

    /// <summary>Why tasks of it are waiting, when they are paused or no device can take them; null otherwise.</summary>
    public string? Waiting { get; init; }
}

/// <summary>Tasks of a job by status; they add up to <see cref="Total"/>.</summary>
public sealed record TaskCounts(int Total, int Queued, int Dispatched, int Running, int Completed, int Failed, int Canceled);

/// <summary>The settings of a job with all defaults written out: lists are what it sweeps over.</summary>
public sealed record SweepView
{
    /// <summary>Prompts.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>Negative prompt.</summary>
    public required string NegativePrompt { get; init; }

    /// <summary>How prompts are read.</summary>
    public string PromptSyntax { get; init; } = PromptSyntaxes.A1111;

    /// <summary>Layer of the text encoder, counted from its end.</summary>
    public int ClipSkip { get; init; } = 1;

    /// <summary>Samplers with their noise schedules.</summary>
    public required IReadOnlyList<SweepSampler> Samplers { get; init; }

    /// <summary>Step counts.</summary>
    public required IReadOnlyList<int> Steps { get; init; }

    /// <summary>Guidance scales.</summary>
    public required IReadOnlyList<double> GuidanceScales { get; init; }

    /// <summary>Seeds of image 0 of each cell.</summary>
    public required IReadOnlyList<uint> Seeds { get; init; }

    /// <summary>Variation seed of image 0 of each cell; 0 without a variation.</summary>
    public uint VariationSeed { get; init; }

    /// <summary>How far the first noise varies; 0 for not at all.</summary>
    public double VariationStrength { get; init; }

    /// <summary>Images of each cell.</summary>
    public required int Images { get; init; }

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Timestep spacing.</summary>
    public required string TimestepSpacing { get; init; }

    /// <summary>Stochasticity of DDIM.</summary>
    public required double Eta { get; init; }

    /// <summary>Guidance rescale.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>Fraction of the steps after which guidance begins.</summary>
    public double GuidanceStart { get; init; }

    /// <summary>Fraction of the steps after which guidance ends.</summary>
    public double GuidanceEnd { get; init; } = 1;

    /// <summary>Digest of the picture to begin from; null for text to image, which leaves out the next six too.</summary>
    public string? InitImage { get; init; }

    /// <summary>Strengths; null without a picture to begin from, and where it is enlarged as a whole.</summary>
    public IReadOnlyList<double>? Strengths { get; init; }

    /// <summary>Digest of the mask; null for none.</summary>
    public string? Mask { get; init; }

    /// <summary>Standard deviation in pixels of the blur that softens the mask's edge; null without mask and outpaint.</summary>
    public int? MaskBlur { get; init; }

    /// <summary>What is worked on; null without a mask.</summary>
    public string? InpaintArea { get; init; }

    /// <summary>Pixels around the mask's box; null without a mask.</summary>
    public int? InpaintPadding { get; init; }

    /// <summary>What the masked area holds at first; null without mask and outpaint.</summary>
    public string? InpaintFill { get; init; }

    /// <summary>Pixels to add around the picture; null for none.</summary>
    public OutpaintMargins? Outpaint { get; init; }

    /// <summary>Noise level at which an upscaling checkpoint sees the picture; null for other checkpoints.</summary>
    public int? UpscaleNoiseLevel { get; init; }

    /// <summary>The second pass; null for none. Its steps are null where they are as many as the first pass has.</summary>
    public HiresSettings? Hires { get; init; }

    /// <summary>Noise source.</summary>
    public required string NoiseSource { get; init; }

    /// <summary>Determinism class.</summary>
    public required string Determinism { get; init; }
}

/// <summary>A sampler of a sweep and the noise schedule it runs on.</summary>
/// <param name="Sampler">One of <see cref="Samplers.All"/>.</param>
/// <param name="NoiseSchedule">One of <see cref="NoiseSchedules.All"/>.</param>
public sealed record SweepSampler(string Sampler, string NoiseSchedule);

/// <summary>One image of a job as the API shows it.</summary>
public sealed record TaskView
{
    /// <summary>Index within the job, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>queued, dispatched, running, completed, failed or canceled.</summary>
    public required string Status { get; init; }

    /// <summary>What is or was to be rendered.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Recipe id.</summary>
    public required string RecipeId { get; init; }

    /// <summary>Attempts charged so far.</summary>
    public required int Attempts { get; init; }

    /// <summary>Worker of the latest attempt; null before the first.</summary>
    public string? Worker { get; init; }

    /// <summary>Where the image can be fetched, relative to the server; null until it is completed.</summary>
    public string? ImageUrl { get; init; }

    /// <summary>SHA-256 of the file; null until it is completed.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Length of the file; null until it is completed.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Seconds from the engine slot to the finished pixels; null until it is completed.</summary>
    public double? RenderSeconds { get; init; }

    /// <summary>Execution profile it was rendered on; null until it is completed.</summary>
    public string? Profile { get; init; }

    /// <summary>
    /// Whether the checkpoint's safety checker holds the image to be unsafe; null until it is completed, and where the checkpoint brings no checker. The image is
    /// served as it is: what follows is the caller's policy.
    /// </summary>
    public bool? SafetyFlag { get; init; }

    /// <summary>The checker's score, above 0 for unsafe; 1 or 0 where it only says yes or no. Null where safety_flag is.</summary>
    public double? SafetyScore { get; init; }

    /// <summary>Why it failed; null unless it did.</summary>
    public FailureView? Failure { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>Why a task failed.</summary>
/// <param name="Code">Stable snake_case name.</param>
/// <param name="Detail">One sentence for people.</param>
public sealed record FailureView(string Code, string Detail);

/// <summary>A picture that was sent in, as the farm keeps it: a PNG without metadata.</summary>
/// <param name="Digest">Digest of its pixels, as <see cref="InputDigest"/> describes it: what jobs name it by.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="SizeBytes">Length of the file that is kept.</param>
public sealed record InputView(string Digest, int Width, int Height, long SizeBytes);

/// <summary>One page of a list.</summary>
/// <param name="Items">The entries.</param>
/// <param name="NextCursor">Pass as <c>cursor</c> for the next page; null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>A checkpoint as the API shows it.</summary>
public sealed record CheckpointView
{
    /// <summary>The name to ask for it by.</summary>
    public required string Name { get; init; }

    /// <summary>Digest of its files.</summary>
    public required string Digest { get; init; }

    /// <summary>True for the one used when a job names none.</summary>
    public required bool IsDefault { get; init; }

    /// <summary>Native width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Native height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>How many times larger it makes init_image, without which it makes nothing; null for a checkpoint that paints.</summary>
    public int? EnlargesBy { get; init; }

    /// <summary>Default step count.</summary>
    public required int Steps { get; init; }

    /// <summary>Default sampler.</summary>
    public required string Sampler { get; init; }

    /// <summary>Default noise schedule.</summary>
    public required string NoiseSchedule { get; init; }

    /// <summary>Default guidance scale.</summary>
    public required double GuidanceScale { get; init; }

    /// <summary>Whether only images at the same step share UNet calls, because its UNet takes one timestep for all rows: slower in company, and the same images.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OneTimestepPerCall { get; init; }

    /// <summary>Workers that hold it now.</summary>
    public required int Workers { get; init; }

    /// <summary>Bytes of it in the farm's store, from which workers fetch it; null when only workers hold it.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>When this name was last pushed to the farm's store; null when it is not there.</summary>
    public DateTimeOffset? PushedAt { get; init; }
}
