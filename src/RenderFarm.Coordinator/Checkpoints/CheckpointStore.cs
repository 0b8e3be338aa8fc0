using System.Text.Json;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Checkpoints;

/// <summary>A name in the store with the revision that it stands for.</summary>
internal sealed record StoredCheckpoint(string Name, DateTimeOffset PushedAt, long SizeBytes, CheckpointDescription Checkpoint)
{
    /// <summary>As the API shows it.</summary>
    public StoredCheckpointView View => new(Name, Checkpoint.Digest, SizeBytes, PushedAt);
}

/// <summary>
/// Checkpoints in the object store. The store alone says which there are and what they are called, so that a bucket can be read by another farm, and no
/// record can disagree with it.
/// </summary>
/// <remarks>
/// Limitations: removing a checkpoint while another that shares blobs with it is pushed through a second coordinator can take blobs from the one that is
/// pushed; workers say so then (<c>checkpoint_damaged</c>), and pushing it again mends it.
/// </remarks>
internal sealed class CheckpointStore(IObjectStore store, TimeProvider clock) : IDisposable
{
    private const string Json = "application/json";
    private const string Octets = "application/octet-stream";
    private const int LookUpsAtOnce = 16;

    // A removal looks for what others use, and must not overlook what is just being published.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Those of a list that are not in the store.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    public Task<IReadOnlyList<string>> MissingAsync(IReadOnlyCollection<string> sha256, CancellationToken cancellation) =>
        WhereAsync(sha256.Distinct(), async blob => await store.SizeAsync(ObjectKey.ForBlob(blob), cancellation) is null, cancellation);

    /// <summary>Stores a blob, whose content its caller has compared with the digest.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    public Task PutBlobAsync(string sha256, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        store.PutAsync(ObjectKey.ForBlob(sha256), content, Octets, cancellation);

    /// <summary>Opens a blob; null when there is none.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    public Task<Stream?> OpenBlobAsync(string sha256, CancellationToken cancellation) => store.OpenAsync(ObjectKey.ForBlob(sha256), cancellation);

    /// <summary>Publishes a valid manifest under a name, unless blobs of it are missing or of another length: then their digests are returned.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    public async Task<IReadOnlyList<string>> PublishAsync(string name, CheckpointManifest manifest, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var missing = await WhereAsync(
                manifest.Blobs(), async blob => await store.SizeAsync(ObjectKey.ForBlob(blob.Sha256), cancellation) != blob.SizeBytes, cancellation);
            if (missing.Count > 0) return [.. missing.Select(blob => blob.Sha256)];
            // The revision first: a name never stands for what is not there.
            await PutAsync(ObjectKey.ForManifest(manifest.Digest()), manifest, cancellation);
            await PutAsync(ObjectKey.ForCheckpointName(name), new CheckpointName(manifest.Digest(), clock.GetUtcNow()), cancellation);
            return [];
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The manifest of a digest; null when there is none.</summary>
    /// <exception cref="ObjectStoreException">The store refused, could not be reached, or holds something else there.</exception>
    public Task<CheckpointManifest?> ManifestAsync(string digest, CancellationToken cancellation) =>
        ReadAsync<CheckpointManifest>(ObjectKey.ForManifest(digest), cancellation);

    /// <summary>Every name with its revision, the latest push first.</summary>
    /// <exception cref="ObjectStoreException">The store refused, could not be reached, or holds something else there.</exception>
    public async Task<IReadOnlyList<StoredCheckpoint>> ListAsync(CancellationToken cancellation)
    {
        List<StoredCheckpoint> found = [];
        await foreach (var key in store.ListAsync(ObjectKey.CheckpointNames, cancellation))
        {
            // Either may have been removed meanwhile.
            if (await ReadAsync<CheckpointName>(key, cancellation) is not { } name || await ManifestAsync(name.Digest, cancellation) is not { } manifest) continue;
            var text = key.Value[ObjectKey.CheckpointNames.Length..^".json".Length];
            found.Add(new StoredCheckpoint(text, name.PushedAt, manifest.Bytes(), manifest.Description with { Name = text }));
        }

        return [.. found.OrderByDescending(checkpoint => checkpoint.PushedAt).ThenBy(checkpoint => checkpoint.Name, StringComparer.Ordinal)];
    }

    /// <summary>Removes a name; and with the last name of a revision the revision, and every blob that no other one uses.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached; removing again goes on.</exception>
    public async Task RemoveAsync(string name, string digest, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var others = (await ListAsync(cancellation)).Where(other => other.Name != name).ToList();
            if (!others.Exists(other => other.Checkpoint.Digest == digest)) await RemoveRevisionAsync(digest, cancellation);
            await store.DeleteAsync(ObjectKey.ForCheckpointName(name), cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private async Task RemoveRevisionAsync(string digest, CancellationToken cancellation)
    {
        if (await ManifestAsync(digest, cancellation) is not { } manifest) return;
        var used = new HashSet<string>();
        await foreach (var key in store.ListAsync(ObjectKey.Checkpoints, cancellation))
        {
            if (!key.Value.EndsWith("/manifest.json", StringComparison.Ordinal) || key == ObjectKey.ForManifest(digest)) continue;
            if (await ReadAsync<CheckpointManifest>(key, cancellation) is { } other) used.UnionWith(other.Blobs().Select(blob => blob.Sha256));
        }

        foreach (var blob in manifest.Blobs().Where(blob => !used.Contains(blob.Sha256)))
            await store.DeleteAsync(ObjectKey.ForBlob(blob.Sha256), cancellation);
        await store.DeleteAsync(ObjectKey.ForManifest(digest), cancellation);
    }

    private Task PutAsync<T>(ObjectKey key, T value, CancellationToken cancellation) =>
        store.PutAsync(key, JsonSerializer.SerializeToUtf8Bytes(value, FarmJson.Options), Json, cancellation);

    private async Task<T?> ReadAsync<T>(ObjectKey key, CancellationToken cancellation)
        where T : class
    {
        try
        {
            await using var stream = await store.OpenAsync(key, cancellation);
            return stream is null ? null : await JsonSerializer.DeserializeAsync<T>(stream, FarmJson.Options, cancellation);
        }
        catch (Exception error) when (error is JsonException or IOException or HttpRequestException)
        {
            throw new ObjectStoreException($"{key} in the object store cannot be read: {error.Message} Push the checkpoint again.", error);
        }
    }

    private static async Task<IReadOnlyList<T>> WhereAsync<T>(IEnumerable<T> all, Func<T, Task<bool>> condition, CancellationToken cancellation)
    {
        var chosen = new System.Collections.Concurrent.ConcurrentBag<T>();
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = LookUpsAtOnce, CancellationToken = cancellation }, async (one, _) =>
        {
            if (await condition(one)) chosen.Add(one);
        });
        return [.. chosen];
    }
}
