using RenderFarm.Contracts.Workers;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Worker.Checkpoints;

namespace RenderFarm.Worker;

/// <summary>A checkpoint's folder in use: it stays on the disk until this is disposed.</summary>
internal sealed class CheckpointUse(Checkpoint value, Action? release = null) : IDisposable
{
    private Action? _release = release;

    public Checkpoint Value => value;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}

/// <summary>The checkpoints of this worker, by digest: folders it was started with, and a cache of those in the object store.</summary>
internal sealed class CheckpointShelf(IReadOnlyList<(Checkpoint Checkpoint, CheckpointDescription Description)> folders, CheckpointCache? cache = null)
{
    /// <summary>Opens the folders and computes their digests, which reads every file.</summary>
    /// <exception cref="CheckpointException">A file is missing or damaged; the message names it.</exception>
    public static async Task<CheckpointShelf> OpenAsync(IEnumerable<string> folders, CancellationToken cancellation)
    {
        List<(Checkpoint, CheckpointDescription)> entries = [];
        foreach (var folder in folders)
        {
            var checkpoint = Checkpoint.Open(folder);
            try
            {
                entries.Add((checkpoint, CheckpointDescriptions.Of(checkpoint, await CheckpointDigest.ComputeAsync(checkpoint, cancellation))));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CheckpointException(folder, $"a file cannot be read ({error.Message})", error);
            }
        }

        return new CheckpointShelf(entries);
    }

    /// <summary>The same folders with a cache beside them.</summary>
    public CheckpointShelf With(CheckpointCache beside) => new(folders, beside);

    /// <summary>Whether it fetches what it does not hold.</summary>
    public bool Fetches => cache is not null;

    /// <summary>Digest of the first folder, which is loaded at start; null when there is none.</summary>
    public string? DefaultDigest => folders.Count > 0 ? folders[0].Description.Digest : null;

    /// <summary>A checkpoint, fetched first if need be.</summary>
    /// <exception cref="UnknownCheckpointException">Neither a folder nor the store holds it.</exception>
    /// <exception cref="CheckpointFetchException">It could not be fetched.</exception>
    public async Task<CheckpointUse> TakeAsync(string digest, CancellationToken cancellation)
    {
        foreach (var (checkpoint, description) in folders)
        {
            if (description.Digest == digest) return new CheckpointUse(checkpoint);
        }

        return cache is null ? throw new UnknownCheckpointException(digest) : await cache.TakeAsync(digest, cancellation);
    }

    /// <summary>What it holds now.</summary>
    public IReadOnlyList<CheckpointDescription> Describe() =>
        [.. folders.Select(folder => folder.Description).Concat(cache?.Held() ?? []).DistinctBy(description => description.Digest)];
}
