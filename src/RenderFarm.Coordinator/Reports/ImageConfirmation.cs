using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Reports;

/// <summary>
/// Asks the object store for the image of a late success. Each question is bounded in time, and only a few are asked at once: a store that hangs holds up the
/// reports that need it, and nothing else.
/// </summary>
internal sealed class ImageConfirmation(IObjectStore store, TimeProvider clock) : IDisposable
{
    // A healthy store answers in milliseconds; more at once would take the connections of images that people are waiting for.
    private const int AtOnce = 8;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _turns = new(AtOnce);

    /// <summary>What the store has under the image's key; null when it has nothing there.</summary>
    /// <exception cref="ObjectStoreException">The store refused, could not be reached, or did not answer in time.</exception>
    /// <exception cref="ArgumentException">The key is not well formed.</exception>
    public async Task<ObjectHead?> HeadAsync(StoredImage image, CancellationToken stopping)
    {
        var key = new ObjectKey(image.ObjectKey);
        await _turns.WaitAsync(stopping);
        try
        {
            using var limit = new CancellationTokenSource(Limit, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
            try
            {
                // Waited for beside it: not every step of a request looks at its token.
                return await store.HeadAsync(key, either.Token).WaitAsync(either.Token);
            }
            catch (OperationCanceledException error) when (limit.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                throw new ObjectStoreException($"The object store did not say within {Limit.TotalSeconds} s whether it has {image.ObjectKey}.", error);
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();
}
