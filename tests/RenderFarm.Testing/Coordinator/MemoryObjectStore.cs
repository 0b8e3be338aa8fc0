using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Testing.Coordinator;

/// <summary>An object store in memory, with a switch for the fault that nature supplies too rarely.</summary>
public sealed class MemoryObjectStore : IObjectStore
{
    private readonly ConcurrentDictionary<string, byte[]> _objects = new(StringComparer.Ordinal);

    /// <summary>While set, every call fails as an unreachable store does.</summary>
    public bool IsDown { get; set; }

    public Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation)
    {
        Check();
        _objects[key.Value] = content.ToArray();
        return Task.CompletedTask;
    }

    public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation)
    {
        Check();
        return Task.FromResult<Stream?>(_objects.TryGetValue(key.Value, out var content) ? new MemoryStream(content, false) : null);
    }

    public Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation)
    {
        Check();
        return Task.FromResult<long?>(_objects.TryGetValue(key.Value, out var content) ? content.Length : null);
    }

    public Task DeleteAsync(ObjectKey key, CancellationToken cancellation)
    {
        Check();
        _objects.TryRemove(key.Value, out _);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<ObjectKey> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Check();
        await Task.CompletedTask;
        foreach (var key in _objects.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            yield return new ObjectKey(key);
    }

    private void Check()
    {
        if (IsDown) throw new ObjectStoreException("The object store is down for this test.");
    }
}
