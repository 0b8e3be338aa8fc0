using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Testing.Faults.Inside;

/// <summary>Sees objects on their way to the store.</summary>
internal sealed class WatchedObjectStore(IObjectStore inner, KillSwitch kill) : IObjectStore
{
    public bool IsFolder => inner.IsFolder;

    public async Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation)
    {
        var put = inner.PutAsync(key, content, contentType, cancellation);
        if (kill.IsDue(KillPoint.PutBegun))
        {
            // Under way: the request has left, and its answer is not awaited.
            await Task.WhenAny(put, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None));
            kill.Kill();
        }

        await put;
        kill.Pass(KillPoint.PutDone);
    }

    public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation) => inner.OpenAsync(key, cancellation);

    public Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation) => inner.SizeAsync(key, cancellation);

    public Task<ObjectHead?> HeadAsync(ObjectKey key, CancellationToken cancellation) => inner.HeadAsync(key, cancellation);

    public Task<Uri?> LinkAsync(ObjectKey key, TimeSpan lifetime) => inner.LinkAsync(key, lifetime);

    public Task DeleteAsync(ObjectKey key, CancellationToken cancellation) => inner.DeleteAsync(key, cancellation);

    public IAsyncEnumerable<ObjectKey> ListAsync(string prefix, CancellationToken cancellation) => inner.ListAsync(prefix, cancellation);
}
