using System.Text.Json;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Worker.Checkpoints;

/// <summary>
/// How fetched checkpoints lie on the disk: each in a folder named by its digest, its manifest beside that folder, under another name until the files are whole.
/// </summary>
/// <remarks>Every call waits for the disk.</remarks>
/// <param name="root">Folder of the cache, a full path.</param>
/// <param name="logger">Told of what a former life left and cannot be read or deleted.</param>
/// <param name="reaching">Told of a folder before it is opened or deleted, for tests of disks that hang; null for nobody.</param>
internal sealed class CacheFolder(string root, ILogger logger, Action<string>? reaching)
{
    private const string ManifestSuffix = ".json";
    private const string Unfinished = ".part";

    public string Root => root;

    /// <summary>
    /// What a former life of the worker left. Its files are compared when it is first used, which loading reads anyway; those of which no manifest tells how
    /// large they are, are deleted.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be made or read.</exception>
    public IReadOnlyCollection<CacheEntry> Recall()
    {
        Directory.CreateDirectory(root);
        var entries = new Dictionary<string, CacheEntry>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(root, "*" + ManifestSuffix)) Recall(file, isWhole: true, entries);
        foreach (var file in Directory.GetFiles(root, "*" + ManifestSuffix + Unfinished)) Recall(file, isWhole: false, entries);
        foreach (var folder in Directory.GetDirectories(root)) Sweep(folder, entries);
        return entries.Values;
    }

    /// <summary>Where a checkpoint's files lie, or will.</summary>
    public string FilesOf(string digest) => Path.Combine(root, digest["sha256:".Length..]);

    /// <summary>Writes the manifest first under another name, which tells the next life what half-fetched files are.</summary>
    public Task BeginAsync(CheckpointManifest manifest, CancellationToken cancellation) =>
        File.WriteAllBytesAsync(ManifestOf(manifest.Digest()) + Unfinished, JsonSerializer.SerializeToUtf8Bytes(manifest, FarmJson.Options), cancellation);

    /// <summary>Gives the manifest its own name, last: where it lies, the files were whole once.</summary>
    public void Finish(string digest) => File.Move(ManifestOf(digest) + Unfinished, ManifestOf(digest), overwrite: true);

    public Checkpoint Open(string digest)
    {
        reaching?.Invoke(FilesOf(digest));
        return Checkpoint.Open(FilesOf(digest));
    }

    /// <summary>Tells the next life when this one was last used.</summary>
    public void Touch(CacheEntry entry) => File.SetLastWriteTimeUtc(ManifestOf(entry.Digest), entry.LastUse);

    public void Delete(string digest)
    {
        reaching?.Invoke(FilesOf(digest));
        // Files without a manifest are swept away by the next life; a manifest without its files would be believed.
        File.Delete(ManifestOf(digest));
        File.Delete(ManifestOf(digest) + Unfinished);
        if (Directory.Exists(FilesOf(digest))) Directory.Delete(FilesOf(digest), recursive: true);
    }

    private void Recall(string file, bool isWhole, Dictionary<string, CacheEntry> entries)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<CheckpointManifest>(File.ReadAllBytes(file), FarmJson.Options);
            if (manifest is null || CheckpointRules.Fault(manifest) is not null || ManifestOf(manifest.Digest()) + (isWhole ? "" : Unfinished) != file) return;
            entries.TryAdd(manifest.Digest(), new CacheEntry(manifest) { IsWhole = isWhole, LastUse = File.GetLastWriteTimeUtc(file) });
        }
        catch (JsonException error)
        {
            WorkerLog.CacheEntryUnreadable(logger, file, error.Message);
        }
    }

    // Nothing else in the folder is touched, should it not be the cache's alone after all.
    private void Sweep(string folder, Dictionary<string, CacheEntry> known)
    {
        var digest = $"sha256:{Path.GetFileName(folder)}";
        if (!CheckpointRules.IsDigest(digest) || known.ContainsKey(digest)) return;
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            WorkerLog.CacheLeftoverStays(logger, folder, error.Message);
        }
    }

    private string ManifestOf(string digest) => FilesOf(digest) + ManifestSuffix;
}
