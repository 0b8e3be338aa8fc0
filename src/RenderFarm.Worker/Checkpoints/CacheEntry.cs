using RenderFarm.Contracts.Checkpoints;

namespace RenderFarm.Worker.Checkpoints;

/// <summary>A checkpoint in the cache.</summary>
internal sealed class CacheEntry(CheckpointManifest manifest)
{
    public CheckpointManifest Manifest => manifest;

    public string Digest => manifest.Digest();

    /// <summary>Whether all files were there once, and none was deleted since.</summary>
    public bool IsWhole { get; set; }

    /// <summary>Whether this process has compared all files, and deleted none since.</summary>
    public bool IsProven { get; set; }

    public int Users { get; set; }

    public DateTime LastUse { get; set; }
}
