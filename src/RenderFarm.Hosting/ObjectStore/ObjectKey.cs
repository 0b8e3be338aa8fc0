using System.Globalization;
using System.Text.RegularExpressions;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Checkpoints;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>
/// Name of an object: segments of lower-case letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, joined by <c>/</c>. Keys are made by the farm alone,
/// never from a client's text, and a key that could leave the store's folder does not exist.
/// </summary>
public sealed partial record ObjectKey
{
    /// <summary>Checks and wraps a key.</summary>
    /// <exception cref="ArgumentException">The text is not a key.</exception>
    public ObjectKey(string value)
    {
        if (!Pattern().IsMatch(value)) throw new ArgumentException($"'{value}' is not an object key.", nameof(value));
        Value = value;
    }

    /// <summary>The key that a text is; null when it is none.</summary>
    public static ObjectKey? TryParse(string value) => Pattern().IsMatch(value) ? new ObjectKey(value) : null;

    /// <summary>The key as text.</summary>
    public string Value { get; }

    /// <summary>Key of the image that a run of an attempt makes: <c>images/job/index-attempt-run.format</c>.</summary>
    public static ObjectKey ForImage(AttemptId attempt, RunId run, string format) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"images/{attempt.Job}/{attempt.Index:D6}-{attempt.Number}-{run}.{ImageFormats.Extension(format)}"));

    /// <summary>Key of a picture that was sent in: <c>inputs/digits.png</c>. The same pixels have the same key, so storing them again is harmless.</summary>
    /// <param name="digest">As <see cref="InputDigest"/> describes it.</param>
    /// <exception cref="ArgumentException">The text is no digest.</exception>
    public static ObjectKey ForInput(string digest) => InputDigest.IsWellFormed(digest)
        ? new($"{Inputs}{digest[InputDigest.Prefix.Length..]}.png")
        : throw new ArgumentException($"'{digest}' is no digest of a picture.", nameof(digest));

    /// <summary>Key of a piece of a checkpoint's file: <c>blobs/digits</c>.</summary>
    /// <param name="sha256">SHA-256 of its content.</param>
    /// <exception cref="ArgumentException">The text is no SHA-256.</exception>
    public static ObjectKey ForBlob(string sha256) => CheckpointRules.IsSha256(sha256)
        ? new(Blobs + sha256)
        : throw new ArgumentException($"'{sha256}' is no SHA-256.", nameof(sha256));

    /// <summary>Key of the manifest of a checkpoint: <c>checkpoints/digits/manifest.json</c>.</summary>
    /// <param name="digest">Digest of the checkpoint.</param>
    /// <exception cref="ArgumentException">The text is no digest.</exception>
    public static ObjectKey ForManifest(string digest) => CheckpointRules.IsDigest(digest)
        ? new($"{Checkpoints}{digest["sha256:".Length..]}/manifest.json")
        : throw new ArgumentException($"'{digest}' is no digest of a checkpoint.", nameof(digest));

    /// <summary>Key of a name of a checkpoint: <c>checkpoints/names/name.json</c>. The one kind of object that is ever replaced by another.</summary>
    /// <exception cref="ArgumentException">The text is no name.</exception>
    public static ObjectKey ForCheckpointName(string name) => CheckpointRules.IsName(name)
        ? new($"{CheckpointNames}{name}.json")
        : throw new ArgumentException($"'{name}' is no name of a checkpoint.", nameof(name));

    /// <summary>Prefix of all pieces of checkpoints.</summary>
    public const string Blobs = "blobs/";

    /// <summary>Prefix of everything about checkpoints but their pieces.</summary>
    public const string Checkpoints = "checkpoints/";

    /// <summary>Prefix of all names of checkpoints.</summary>
    public const string CheckpointNames = Checkpoints + "names/";

    /// <summary>Prefix of all pictures that were sent in.</summary>
    public const string Inputs = "inputs/";

    /// <summary>Prefix of all images of a job.</summary>
    public static string ForJob(JobId job) => $"images/{job}/";

    /// <inheritdoc />
    public override string ToString() => Value;

    [GeneratedRegex(@"\A(?:[a-z0-9_-][a-z0-9._-]*/)*[a-z0-9_-][a-z0-9._-]*\z")]
    private static partial Regex Pattern();
}
