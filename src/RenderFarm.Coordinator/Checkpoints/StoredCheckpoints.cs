using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Checkpoints;

/// <summary>
/// What the store held when it was last looked at: dispatch asks at every round, and must not wait for a store. Another coordinator's push is seen within
/// <see cref="Interval"/>, our own at once.
/// </summary>
internal sealed class StoredCheckpoints(CheckpointStore store, TimeProvider clock, ILogger<StoredCheckpoints> logger) : FarmLoop(Interval, clock, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private IReadOnlyList<StoredCheckpoint> _entries = [];

    /// <summary>The latest push first.</summary>
    public IReadOnlyList<StoredCheckpoint> Entries => Volatile.Read(ref _entries);

    /// <summary>Whether workers can fetch a checkpoint.</summary>
    public bool Has(string digest) => Entries.Any(entry => entry.Checkpoint.Digest == digest);

    /// <summary>The checkpoint of a name or digest; null when the store has none.</summary>
    public StoredCheckpoint? Find(string model) => Entries.FirstOrDefault(entry => entry.Name == model || entry.Checkpoint.Digest == model);

    /// <summary>Looks again now.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    public async Task RefreshAsync(CancellationToken cancellation) => Volatile.Write(ref _entries, await store.ListAsync(cancellation));

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        try
        {
            await RefreshAsync(stopping);
        }
        catch (ObjectStoreException error)
        {
            // What was known stays known; readiness says that the store is away.
            CoordinatorLog.CheckpointsUnread(logger, error.Message);
        }

        return false;
    }
}
