using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Checkpoints;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>A checkpoint with the number of active workers that hold it.</summary>
/// <param name="Checkpoint">What it is.</param>
/// <param name="FirstSeenAt">When a worker first announced it, or it was pushed.</param>
/// <param name="LastSeenAt">When a worker last came up with it or described it anew, or it was pushed.</param>
/// <param name="Workers">Active workers that hold it.</param>
/// <param name="Stored">What the object store holds of it; null when it holds nothing.</param>
internal sealed record CatalogEntry(
    CheckpointDescription Checkpoint, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, int Workers, StoredCheckpoint? Stored = null);

/// <summary>The checkpoints that jobs can name.</summary>
internal sealed class CheckpointCatalog(FarmRecord record, StoredCheckpoints stored, IOptions<CoordinatorOptions> options)
{
    /// <summary>All of them, the first announced first.</summary>
    public Task<Catalog> LoadAsync(CancellationToken cancellation) => record.ReadAsync(
        async db =>
        {
            var rows = await db.Checkpoints.OrderBy(row => row.FirstSeenAt).ThenBy(row => row.Name).ToListAsync(cancellation);
            var workers = await db.Workers.Select(worker => new { IsActive = worker.Status == WorkerStatuses.Active, worker.Checkpoints, worker.Upscalers }).ToListAsync(cancellation);
            var counts = workers.Where(worker => worker.IsActive).SelectMany(worker => worker.Checkpoints.Distinct()).CountBy(digest => digest).ToDictionary();
            var entries = rows.Select(row => new CatalogEntry(
                JsonSerializer.Deserialize<CheckpointDescription>(row.Description, FarmJson.Tolerant)!, row.FirstSeenAt, row.LastSeenAt, counts.GetValueOrDefault(row.Digest)));
            return new Catalog([.. Join([.. entries], stored.Entries, counts)], options.Value.DefaultModel)
            {
                Upscalers = UpscalerNames.Of(workers.Select(worker => (worker.IsActive, worker.Upscalers))),
            };
        },
        cancellation);

    // Under each name that the store gives it; what workers say they call it then no longer counts.
    private static IEnumerable<CatalogEntry> Join(
        IReadOnlyList<CatalogEntry> announced, IReadOnlyList<StoredCheckpoint> stored, Dictionary<string, int> holders)
    {
        var pushed = stored.ToLookup(entry => entry.Checkpoint.Digest);
        foreach (var entry in announced)
        {
            if (!pushed.Contains(entry.Checkpoint.Digest)) yield return entry;
            foreach (var named in pushed[entry.Checkpoint.Digest]) yield return entry with { Checkpoint = named.Checkpoint, Stored = named };
        }

        var known = announced.Select(entry => entry.Checkpoint.Digest).ToHashSet();
        foreach (var named in stored.Where(named => !known.Contains(named.Checkpoint.Digest)).OrderBy(named => named.PushedAt))
            yield return new CatalogEntry(named.Checkpoint, named.PushedAt, named.PushedAt, holders.GetValueOrDefault(named.Checkpoint.Digest), named);
    }
}

/// <summary>The checkpoints at one moment; pure.</summary>
/// <param name="Entries">The first announced first.</param>
/// <param name="DefaultModel">Configured default; null for none.</param>
internal sealed record Catalog(IReadOnlyList<CatalogEntry> Entries, string? DefaultModel)
{
    /// <summary>The upscalers that second passes can name.</summary>
    public UpscalerNames Upscalers { get; init; } = UpscalerNames.None;

    /// <summary>The checkpoint used when a job names none: the configured one, else the first announced that a worker holds, else the first.</summary>
    public CheckpointDescription? Default => DefaultModel is { } named
        ? Find(named)
        : Entries.OrderByDescending(entry => entry.Workers > 0).FirstOrDefault()?.Checkpoint;

    /// <summary>The checkpoint of a name or digest; of several with one name the one that was pushed last, then one that workers hold, then the latest.</summary>
    public CheckpointDescription? Find(string model) => Entries
        .Where(entry => entry.Checkpoint.Digest == model || entry.Checkpoint.Name == model)
        .OrderByDescending(entry => entry.Stored?.PushedAt ?? DateTimeOffset.MinValue)
        .ThenByDescending(entry => entry.Workers > 0)
        .ThenByDescending(entry => entry.LastSeenAt)
        .FirstOrDefault()?.Checkpoint;

    /// <summary>Names to answer an unknown one with.</summary>
    public IEnumerable<string> Names => Entries.Select(entry => entry.Checkpoint.Name).Distinct();
}
