using System.Text.Json.Serialization;

namespace RenderFarm.Contracts.Attempts;

/// <summary>A worker took an attempt into an engine slot.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Run">This delivery of it.</param>
/// <param name="Worker">The worker's name.</param>
public sealed record AttemptStarted(AttemptId Attempt, RunId Run, string Worker);

/// <summary>Steps done of all attempts on one device. Transient: only the last value matters, and losing it loses nothing.</summary>
/// <param name="Worker">The worker's name.</param>
/// <param name="Attempts">One entry per running attempt.</param>
public sealed record AttemptsProgressed(string Worker, IReadOnlyList<AttemptProgress> Attempts);

/// <summary>How far one attempt is.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Run">This delivery of it.</param>
/// <param name="Step">UNet evaluations done.</param>
/// <param name="Steps">UNet evaluations needed.</param>
public sealed record AttemptProgress(AttemptId Attempt, RunId Run, int Step, int Steps);

/// <summary>The image is in the object store. Content first, then this report.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Run">This delivery of it.</param>
/// <param name="Worker">The worker's name.</param>
/// <param name="Image">Where the image is and what it is.</param>
public sealed record AttemptSucceeded(AttemptId Attempt, RunId Run, string Worker, StoredImage Image);

/// <summary>A finished image by reference: bytes never travel on the bus.</summary>
/// <param name="ObjectKey">Key in the object store.</param>
/// <param name="Sha256">SHA-256 of the file in lower-case hexadecimal digits.</param>
/// <param name="SizeBytes">Length of the file.</param>
/// <param name="RenderMilliseconds">From the engine slot to the finished pixels.</param>
/// <param name="Profile">The execution profile it was rendered on, as one line.</param>
public sealed record StoredImage(string ObjectKey, string Sha256, long SizeBytes, long RenderMilliseconds, string Profile)
{
    /// <summary>Whether the checkpoint's safety checker holds the image to be unsafe; null where the checkpoint brings none. The image is the same either way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? SafetyFlag { get; init; }

    /// <summary>The checker's score, above 0 for unsafe; 1 or 0 where it only says yes or no, as exported ones do. Null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SafetyScore { get; init; }
}

/// <summary>The attempt ended without an image.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Run">This delivery of it.</param>
/// <param name="Worker">The worker's name.</param>
/// <param name="Failure">Why.</param>
public sealed record AttemptFailed(AttemptId Attempt, RunId Run, string Worker, AttemptFailure Failure);

/// <summary>The worker gives the attempt back unspent, because it is shutting down. Nobody is charged.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Run">This delivery of it.</param>
/// <param name="Worker">The worker's name.</param>
public sealed record AttemptReturned(AttemptId Attempt, RunId Run, string Worker);

/// <summary>The worker stopped the attempt because it was told to.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Run">This delivery of it.</param>
/// <param name="Worker">The worker's name.</param>
public sealed record AttemptCanceled(AttemptId Attempt, RunId Run, string Worker);

/// <summary>Why an attempt failed: one type for every failure.</summary>
/// <param name="Code">Stable snake_case name, one of <see cref="FailureCodes"/>.</param>
/// <param name="Retryable">Whether another attempt may succeed.</param>
/// <param name="Detail">One sentence for people.</param>
/// <param name="RetryAfter">Earliest time for another attempt, from now; null for no wish.</param>
public sealed record AttemptFailure(string Code, bool Retryable, string Detail, TimeSpan? RetryAfter = null);

/// <summary>Stable names of failures.</summary>
public static class FailureCodes
{
    /// <summary>Permanent: the recipe cannot be rendered by this checkpoint.</summary>
    public const string BadRecipe = "bad_recipe";

    /// <summary>Permanent on this worker: it does not hold the checkpoint.</summary>
    public const string UnknownCheckpoint = "unknown_checkpoint";

    /// <summary>Permanent on this worker, and its fault, since it announced it: its folder does not hold the upscaler, or no longer with these bytes.</summary>
    public const string UnknownUpscaler = "unknown_upscaler";

    /// <summary>Permanent on this worker, and its fault unless others say so too: its files of the checkpoint are missing or damaged.</summary>
    public const string CheckpointUnreadable = "checkpoint_unreadable";

    /// <summary>Transient: the store's files of the checkpoint are missing or damaged. Pushing it again repairs that.</summary>
    public const string CheckpointDamaged = "checkpoint_damaged";

    /// <summary>Resource: the bound of the worker's cache has no room for the checkpoint.</summary>
    public const string CacheFull = "checkpoint_cache_full";

    /// <summary>No task's doing: the worker's checkpoint cache cannot be read or written, because its disk is full say.</summary>
    public const string CacheFailed = "checkpoint_cache_failed";

    /// <summary>Permanent: the latent became infinite or NaN.</summary>
    public const string NotFinite = "not_finite";

    /// <summary>Transient: the object store could not be reached for longer than the worker's patience.</summary>
    public const string StoreUnavailable = "store_unavailable";

    /// <summary>No task's doing: the object store answered the worker and said no, as to a wrong key or beyond a quota.</summary>
    public const string StoreRefused = "store_refused";

    /// <summary>Transient: the object store does not hold a picture that the recipe names. Sending it in again repairs that.</summary>
    public const string InputMissing = "input_missing";

    /// <summary>Transient: the object store holds other pixels than the digest of a picture says. Sending it in again repairs that.</summary>
    public const string InputDamaged = "input_damaged";

    /// <summary>Resource: the device ran out of memory even at one row.</summary>
    public const string OutOfMemory = "out_of_memory";

    /// <summary>Transient: the inference library failed for a reason it named.</summary>
    public const string EngineFailed = "engine_failed";

    /// <summary>Transient, and the worker's fault: the engine made no step for far longer than its steps take.</summary>
    public const string EngineStuck = "engine_stuck";

    /// <summary>Runs of it were lost with their workers, or on them, as often as is allowed.</summary>
    public const string WorkerLost = "worker_lost";

    /// <summary>Its worker died each time it ran there alone.</summary>
    public const string Poison = "poison";
}
