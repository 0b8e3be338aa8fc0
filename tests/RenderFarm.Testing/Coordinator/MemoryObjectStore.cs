using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Testing.Coordinator;

/// <summary>An object store in memory, with a switch for the fault that nature supplies too rarely.</summary>
public sealed class MemoryObjectStore : IObjectStore
{
    private readonly ConcurrentDictionary<string, byte[]> _objects = new(StringComparer.Ordinal);

    /// <summary>So many calls for a size fail, as at an unreachable store.</summary>
    public int FailNextSizes { get; set; }

    /// <summary>What calls for a size wait for, as at a store that takes a request and does not answer; null for nothing.</summary>
    public Task? Hanging { get; set; }

    /// <summary>What a removal meets first: throws for an object that shall stay; null for nothing.</summary>
    public Action<ObjectKey>? Deleting { get; set; }

    /// <summary>What a listing meets first: throws for a prefix that shall not be listed; null for nothing.</summary>
    public Action<string>? Listing { get; set; }

    /// <summary>Calls for a size so far.</summary>
    public int Checks { get; private set; }

    public Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation)
    {
        _objects[key.Value] = content.ToArray();
        return Task.CompletedTask;
    }

    public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation)
    {
        return Task.FromResult<Stream?>(_objects.TryGetValue(key.Value, out var content) ? new MemoryStream(content, false) : null);
    }

    public async Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation)
    {
        Checks++;
        if (FailNextSizes-- > 0) throw new ObjectStoreException("The object store is away for this test.");
        if (Hanging is { } hanging) await hanging.WaitAsync(cancellation);
        return _objects.TryGetValue(key.Value, out var content) ? content.Length : null;
    }

    public Task DeleteAsync(ObjectKey key, CancellationToken cancellation)
    {
        Deleting?.Invoke(key);
        _objects.TryRemove(key.Value, out _);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<ObjectKey> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        Listing?.Invoke(prefix);
        foreach (var key in _objects.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            yield return new ObjectKey(key);
    }
}
