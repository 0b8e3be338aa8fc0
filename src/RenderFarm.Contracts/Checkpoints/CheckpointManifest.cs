using RenderFarm.Contracts.Workers;

namespace RenderFarm.Contracts.Checkpoints;

/// <summary>
/// One revision of a checkpoint in the object store: its files, each as a list of blobs. Files are cut into blobs of <see cref="BlobBytes"/>, so that an
/// upload that broke off goes on where it was, no request has to carry gigabytes, and what two checkpoints share is kept once.
/// </summary>
public sealed record CheckpointManifest
{
    /// <summary>Bytes of every blob of a file but its last.</summary>
    public const int BlobBytes = 16 * 1024 * 1024;

    /// <summary>Most files of a checkpoint.</summary>
    public const int MaxFiles = 10_000;

    /// <summary>Most bytes of a checkpoint: 1 TiB.</summary>
    public const long MaxBytes = 1L << 40;

    /// <summary>What it is, and what jobs that say nothing get from it.</summary>
    public required CheckpointDescription Description { get; init; }

    /// <summary>Its files, by path.</summary>
    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    /// <summary>Digest of the checkpoint, by which recipes name it.</summary>
    public string Digest() => Description.Digest;

    /// <summary>Bytes of all its files.</summary>
    public long Bytes() => Files.Sum(file => file.SizeBytes);

    /// <summary>Every blob once.</summary>
    public IEnumerable<CheckpointBlob> Blobs() => Files.SelectMany(file => file.BlobSizes()).DistinctBy(blob => blob.Sha256);
}

/// <summary>A file of a checkpoint.</summary>
/// <param name="Path">Where it lies in the folder, segments joined by <c>/</c>.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its content: 64 lower-case hexadecimal digits.</param>
/// <param name="Blobs">SHA-256 of its pieces in order; empty for an empty file.</param>
public sealed record CheckpointFile(string Path, long SizeBytes, string Sha256, IReadOnlyList<string> Blobs)
{
    /// <summary>Its pieces with their lengths.</summary>
    public IEnumerable<CheckpointBlob> BlobSizes() => Blobs.Select((sha256, place) =>
        new CheckpointBlob(sha256, (int)Math.Min(CheckpointManifest.BlobBytes, SizeBytes - ((long)place * CheckpointManifest.BlobBytes))));
}

/// <summary>A piece of a file, stored under its own digest.</summary>
/// <param name="Sha256">SHA-256 of its content: 64 lower-case hexadecimal digits.</param>
/// <param name="SizeBytes">Its length, 1…<see cref="CheckpointManifest.BlobBytes"/>.</param>
public sealed record CheckpointBlob(string Sha256, int SizeBytes);
