using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Retention;

/// <summary>Removes many objects, several at a time.</summary>
internal static class ObjectRemoval
{
    // A store answers a removal in milliseconds; more at once would take the connections of images that people are waiting for.
    private const int AtOnce = 8;

    /// <summary>Removes all objects of a prefix.</summary>
    /// <returns>How many there were.</returns>
    public static async Task<int> RemoveAllAsync(this IObjectStore store, string prefix, CancellationToken cancellation)
    {
        var removed = 0;
        var together = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(store.ListAsync(prefix, cancellation), together, async (key, stopping) =>
        {
            await store.DeleteAsync(key, stopping);
            Interlocked.Increment(ref removed);
        });
        return removed;
    }
}
