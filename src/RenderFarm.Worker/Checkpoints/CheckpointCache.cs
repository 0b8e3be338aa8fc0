using System.Text.Json;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Contracts.Workers;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.Checkpoints;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Worker.Checkpoints;

/// <summary>
/// Checkpoints fetched from the object store, bounded in bytes, over crashes too: the least recently used leaves, never one that is in use. Fetches run one at a
/// time, so that what two checkpoints share crosses the network once, and asking twice fetches once.
/// </summary>
/// <remarks>
/// The folder belongs to one worker. Every file is compared with its digest when it is fetched, and again before its first use by this process. A disk that hangs ends the wait for it, not
/// the call: until that comes back, whoever takes a checkpoint is told so at once. Limitations: a disk that hangs while the worker starts is not noticed here.
/// </remarks>
internal sealed class CheckpointCache : IDisposable
{
    /// <summary>Longest time without a sign of the disk: 5 min. Flushing the largest files to a slow disk takes a minute or two, without one.</summary>
    public static readonly TimeSpan DiskPatience = TimeSpan.FromMinutes(5);

    private readonly IObjectStore _store;
    private readonly CacheFolder _folder;
    private readonly long _maxBytes;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CheckpointFetcher _fetcher;
    private readonly SemaphoreSlim _turn = new(1);

    // Heartbeats ask under this lock what is held, so no call to the disk is made under it.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, CacheEntry> _entries;

    /// <param name="store">Where checkpoints come from.</param>
    /// <param name="root">Folder of the cache; made when missing.</param>
    /// <param name="maxBytes">Most bytes of files that it keeps.</param>
    /// <param name="clock">Tells which use was the latest, and measures how long the disk is still.</param>
    /// <param name="logger">Told of fetches and evictions.</param>
    /// <param name="fetcher">Makes what fetches blobs, for tests of disks that hang; null for the usual one.</param>
    /// <param name="reaching">Told of a folder before it is opened or deleted, for tests of disks that hang; null for nobody.</param>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be made or read.</exception>
    public CheckpointCache(
        IObjectStore store, string root, long maxBytes, TimeProvider clock, ILogger logger, Func<OpenBlob, CheckpointFetcher>? fetcher = null, Action<string>? reaching = null)
    {
        (_store, _folder, _maxBytes, _clock, _logger) = (store, new CacheFolder(Path.GetFullPath(root), logger, reaching), maxBytes, clock, logger);
        OpenBlob open = (sha256, cancellation) => store.OpenAsync(ObjectKey.ForBlob(sha256), cancellation);
        _fetcher = fetcher?.Invoke(open) ?? new CheckpointFetcher(open);
        _entries = _folder.Recall().ToDictionary(entry => entry.Digest, StringComparer.Ordinal);
    }

    /// <summary>Ends when the disk has answered the call that it hung in; ended when it hangs in none.</summary>
    public Task Hanging { get; private set; } = Task.CompletedTask;

    /// <summary>What is here, and can be announced.</summary>
    public IReadOnlyList<CheckpointDescription> Held()
    {
        lock (_gate) return [.. _entries.Values.Where(entry => entry.IsWhole).Select(entry => entry.Manifest.Description)];
    }

    /// <summary>A checkpoint, fetched if it is not here. It stays until the use is disposed.</summary>
    /// <exception cref="UnknownCheckpointException">The store does not hold it either.</exception>
    /// <exception cref="CheckpointFetchException">It could not be fetched.</exception>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    public async Task<CheckpointUse> TakeAsync(string digest, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            // Another call would hang as well, and keep a thread; and what wakes up must not meet others in the folder.
            return Hanging.IsCompleted ? await WatchedAsync(digest, cancellation) : throw Hangs();
        }
        catch (CheckpointTransferException error)
        {
            throw new CheckpointFetchException(CodeOf(error.Fault), error.Message, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointFetchException(FailureCodes.CacheFailed, $"The checkpoint cache {_folder.Root} cannot be used: {error.Message}", error);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    // The digest covers this member of model_index.json, but no more of that file; a manifest that says otherwise would give one digest to two checkpoints.
    private static void RequireSameFlag(CacheEntry entry, Checkpoint opened)
    {
        if (entry.Manifest.Description.ZeroesEmptyNegative == opened.ZeroesEmptyNegative) return;
        throw new CheckpointFetchException(
            FailureCodes.CheckpointDamaged,
            $"The manifest of {entry.Digest} in the store is not usable: force_zeros_for_empty_prompt is {(opened.ZeroesEmptyNegative ? "true" : "false")} in its model_index.json and not in its description. Push the checkpoint again.");
    }

    private async Task<CheckpointUse> WatchedAsync(string digest, CancellationToken cancellation)
    {
        using var watch = new DiskWatch(DiskPatience, _clock, _store.IsFolder);
        (CacheEntry Entry, Checkpoint Opened)? ready = null;
        if (!await watch.EndsAsync(async stop => ready = await ReadyAsync(digest, watch, stop), cancellation))
        {
            Hanging = watch.Left;
            cancellation.ThrowIfCancellationRequested();
            throw Hangs();
        }

        // Not before: work that was left has no user.
        var (entry, opened) = ready!.Value;
        lock (_gate) entry.Users++;
        return new CheckpointUse(opened, () => Leave(entry));
    }

    private CheckpointFetchException Hangs() => new(
        FailureCodes.CacheFailed,
        $"The disk of the checkpoint cache {_folder.Root}{(_store.IsFolder ? ", or that of the object store's folder," : "")} hangs: it has given no sign for {DiskPatience.TotalMinutes} min. Look at the disk, or name another folder in Worker:CheckpointCache.");

    // All that a take asks of the disk.
    private async Task<(CacheEntry Entry, Checkpoint Opened)> ReadyAsync(string digest, DiskWatch watch, CancellationToken cancellation)
    {
        var entry = Find(digest) ?? await PlaceForAsync(digest, watch, cancellation);
        if (!entry.IsProven) await FetchAsync(entry, watch, cancellation);
        var opened = _folder.Open(digest);
        RequireSameFlag(entry, opened);
        entry.LastUse = _clock.GetUtcNow().UtcDateTime;
        _folder.Touch(entry);
        return (entry, opened);
    }

    private async Task FetchAsync(CacheEntry entry, DiskWatch watch, CancellationToken cancellation)
    {
        var manifest = entry.Manifest;
        var bytes = manifest.Bytes();
        WorkerLog.FetchingCheckpoint(_logger, manifest.Description.Name, entry.Digest, bytes);
        lock (_gate) entry.IsWhole = false;
        await _folder.BeginAsync(manifest, cancellation);
        await _fetcher.FetchAsync(manifest, _folder.FilesOf(entry.Digest), null, watch, cancellation);
        cancellation.ThrowIfCancellationRequested();
        _folder.Finish(entry.Digest);
        watch.Moved();
        lock (_gate) (entry.IsWhole, entry.IsProven) = (true, true);
    }

    private async Task<CacheEntry> PlaceForAsync(string digest, DiskWatch watch, CancellationToken cancellation)
    {
        var manifest = await ReadManifestAsync(digest, watch, cancellation) ?? throw new UnknownCheckpointException(digest);
        if (CheckpointRules.Fault(manifest) is { } fault) throw new CheckpointFetchException(FailureCodes.CheckpointDamaged, $"The manifest of {digest} in the store is not usable: {fault} Push the checkpoint again.");
        if (manifest.Digest() != digest) throw new CheckpointFetchException(FailureCodes.CheckpointDamaged, $"The store holds {manifest.Digest()} in the place of {digest}. Push the checkpoint again.");
        MakeRoom(manifest, watch, cancellation);
        var entry = new CacheEntry(manifest) { LastUse = _clock.GetUtcNow().UtcDateTime };
        lock (_gate) _entries.Add(digest, entry);
        return entry;
    }

    private async Task<CheckpointManifest?> ReadManifestAsync(string digest, DiskWatch watch, CancellationToken cancellation)
    {
        if (!CheckpointRules.IsDigest(digest)) return null;
        using var away = watch.Away();
        try
        {
            await using var stream = await _store.OpenAsync(ObjectKey.ForManifest(digest), cancellation);
            return stream is null ? null : await JsonSerializer.DeserializeAsync<CheckpointManifest>(stream, FarmJson.Options, cancellation);
        }
        catch (JsonException error)
        {
            throw new CheckpointFetchException(FailureCodes.CheckpointDamaged, $"The manifest of {digest} in the store cannot be read: {error.Message} Push the checkpoint again.", error);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new ObjectStoreException($"Reading the manifest of {digest} broke off: {error.Message}", error);
        }
    }

    private void MakeRoom(CheckpointManifest wanted, DiskWatch watch, CancellationToken cancellation)
    {
        if (wanted.Bytes() > _maxBytes)
            throw new CheckpointFetchException(FailureCodes.CacheFull, $"Checkpoint {wanted.Description.Name} has {wanted.Bytes():N0} bytes, and the cache of this worker keeps {_maxBytes:N0}. Raise Worker:CheckpointCacheBytes.");
        while (MarkForRoom(wanted) is { } leaving)
        {
            WorkerLog.EvictingCheckpoint(_logger, leaving.Manifest.Description.Name, leaving.Digest);
            _folder.Delete(leaving.Digest);
            // What cannot be deleted stays counted.
            lock (_gate) _entries.Remove(leaving.Digest);
            watch.Moved();
            cancellation.ThrowIfCancellationRequested();
        }
    }

    // Who leaves next, or null when there is room. Marked as not whole and not proven, it is not offered, and handed out only if all its files are compared again.
    private CacheEntry? MarkForRoom(CheckpointManifest wanted)
    {
        lock (_gate)
        {
            if (_entries.Values.Sum(entry => entry.Manifest.Bytes()) + wanted.Bytes() <= _maxBytes) return null;
            var idle = _entries.Values.Where(entry => entry.Users == 0).MinBy(entry => entry.LastUse)
                ?? throw new CheckpointFetchException(FailureCodes.CacheFull, $"Every checkpoint in the cache is loaded, and {wanted.Description.Name} ({wanted.Bytes():N0} bytes) does not fit beside them. Raise Worker:CheckpointCacheBytes.");
            (idle.IsWhole, idle.IsProven) = (false, false);
            return idle;
        }
    }

    private void Leave(CacheEntry entry)
    {
        lock (_gate) entry.Users--;
    }

    private CacheEntry? Find(string digest)
    {
        lock (_gate) return _entries.GetValueOrDefault(digest);
    }

    private static string CodeOf(TransferFault fault) => fault switch
    {
        TransferFault.Damaged => FailureCodes.CheckpointDamaged,
        _ => FailureCodes.CacheFailed,
    };
}
