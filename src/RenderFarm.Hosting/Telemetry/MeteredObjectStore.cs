using System.Diagnostics.Metrics;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Hosting.Telemetry;

/// <summary>An object store whose puts are timed, the failed ones too: a slow or refusing store is the commonest reason for a slow farm.</summary>
public sealed class MeteredObjectStore(IObjectStore inner, TimeProvider clock) : IObjectStore, IDisposable
{
    private static readonly Histogram<double> Puts = new Meter(FarmInstruments.HostingMeter)
        .CreateHistogram(FarmInstruments.StorePut, "s", "One try to store an object.", null, Buckets.Seconds);

    /// <inheritdoc />
    public bool IsFolder => inner.IsFolder;

    /// <summary>Disposes the store behind this one.</summary>
    public void Dispose() => (inner as IDisposable)?.Dispose();

    /// <inheritdoc />
    public async Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation)
    {
        var begun = clock.GetTimestamp();
        var outcome = "failed";
        try
        {
            await inner.PutAsync(key, content, contentType, cancellation);
            outcome = "stored";
        }
        finally
        {
            Puts.Record(clock.GetElapsedTime(begun).TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    /// <inheritdoc />
    public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation) => inner.OpenAsync(key, cancellation);

    /// <inheritdoc />
    public Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation) => inner.SizeAsync(key, cancellation);

    /// <inheritdoc />
    public Task<ObjectHead?> HeadAsync(ObjectKey key, CancellationToken cancellation) => inner.HeadAsync(key, cancellation);

    /// <inheritdoc />
    public Task<Uri?> LinkAsync(ObjectKey key, TimeSpan lifetime) => inner.LinkAsync(key, lifetime);

    /// <inheritdoc />
    public Task DeleteAsync(ObjectKey key, CancellationToken cancellation) => inner.DeleteAsync(key, cancellation);

    /// <inheritdoc />
    public IAsyncEnumerable<ObjectKey> ListAsync(string prefix, CancellationToken cancellation) => inner.ListAsync(prefix, cancellation);
}
