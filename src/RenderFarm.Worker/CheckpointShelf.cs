using RenderFarm.Contracts.Workers;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Worker;

/// <summary>The checkpoints of this worker, by digest.</summary>
internal sealed class CheckpointShelf
{
    private readonly IReadOnlyList<(Checkpoint Checkpoint, string Digest)> _entries;

    public CheckpointShelf(IReadOnlyList<(Checkpoint Checkpoint, string Digest)> entries) => _entries = entries;

    /// <summary>Opens the folders and computes their digests, which reads every file.</summary>
    /// <exception cref="CheckpointException">A file is missing or damaged; the message names it.</exception>
    public static async Task<CheckpointShelf> OpenAsync(IEnumerable<string> folders, CancellationToken cancellation)
    {
        List<(Checkpoint, string)> entries = [];
        foreach (var folder in folders)
        {
            var checkpoint = Checkpoint.Open(folder);
            try
            {
                entries.Add((checkpoint, await CheckpointDigest.ComputeAsync(checkpoint, cancellation)));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CheckpointException(folder, $"a file cannot be read ({error.Message})", error);
            }
        }

        return new CheckpointShelf(entries);
    }

    public Checkpoint? Find(string digest) => _entries.FirstOrDefault(entry => entry.Digest == digest).Checkpoint;

    /// <summary>Digest of the first checkpoint: the one used when a job names none.</summary>
    public string DefaultDigest => _entries[0].Digest;

    public IReadOnlyList<CheckpointDescription> Describe() => [.. _entries.Select(entry => Describe(entry.Checkpoint, entry.Digest))];

    private static CheckpointDescription Describe(Checkpoint checkpoint, string digest) => new()
    {
        Name = checkpoint.Name,
        Digest = digest,
        Width = checkpoint.Defaults.Width,
        Height = checkpoint.Defaults.Height,
        SideMultiple = checkpoint.SideMultiple,
        Steps = checkpoint.Defaults.Steps,
        Sampler = checkpoint.Defaults.Sampler,
        NoiseSchedule = checkpoint.Defaults.NoiseSchedule,
        TimestepSpacing = checkpoint.Defaults.TimestepSpacing,
        GuidanceScale = checkpoint.Defaults.GuidanceScale,
    };
}
