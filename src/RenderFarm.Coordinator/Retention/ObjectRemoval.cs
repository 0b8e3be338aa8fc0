using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Retention;

/// <summary>
/// The removals of one pass: what the store does not remove is logged and left to a later pass, so that it keeps nothing else from going. Where the store removes
/// nothing any more the pass should end, for it is away or removes nothing for the farm at all; see <see cref="IsInVain"/>.
/// </summary>
internal sealed class ObjectRemoval(IObjectStore store, ILogger logger)
{
    // A store answers a removal in milliseconds; more at once would take the connections of images that people are waiting for.
    private const int AtOnce = 8;

    // A refusal is of one object, and quick. Any other failure has taken the store's own tries and time-outs, minutes perhaps.
    private const int MostInVain = 100;
    private const int OfRefusal = 1;
    private const int OfAbsence = 10;
    private int _inVain;

    /// <summary>Whether so many removals have failed, and none has succeeded between them, that more are not worth trying in this pass.</summary>
    public bool IsInVain => Volatile.Read(ref _inVain) >= MostInVain;

    /// <summary>Removes an object.</summary>
    /// <returns>Whether it is gone.</returns>
    public async Task<bool> TryRemoveAsync(ObjectKey key, CancellationToken cancellation)
    {
        try
        {
            await store.DeleteAsync(key, cancellation);
            Volatile.Write(ref _inVain, 0);
            return true;
        }
        catch (ObjectStoreException error)
        {
            Note(key.Value, error);
            return false;
        }
    }

    /// <summary>Removes all objects of a prefix, several at a time.</summary>
    /// <returns>How many there were; null when some are left.</returns>
    public async Task<int?> TryRemoveAllAsync(string prefix, CancellationToken cancellation)
    {
        var (removed, left) = (0, 0);
        var together = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        try
        {
            // Of a million images that cannot be removed a hundred are tried.
            await Parallel.ForEachAsync(store.ListAsync(prefix, cancellation).TakeWhile(_ => !IsInVain), together, async (key, stopping) =>
            {
                if (await TryRemoveAsync(key, stopping)) Interlocked.Increment(ref removed);
                else Interlocked.Increment(ref left);
            });
        }
        catch (ObjectStoreException error)
        {
            Note(prefix, error);
            return null;
        }

        return left == 0 ? removed : null;
    }

    private void Note(string what, ObjectStoreException error)
    {
        CoordinatorLog.ObjectNotDeleted(logger, what, error.Message);
        var weight = error.IsRefusal ? OfRefusal : OfAbsence;
        // Once a pass: by the failure that reaches the limit, not by those that were under way beside it.
        if (Interlocked.Add(ref _inVain, weight) is var reached && reached >= MostInVain && reached - weight < MostInVain) CoordinatorLog.DeletingInVain(logger);
    }
}
