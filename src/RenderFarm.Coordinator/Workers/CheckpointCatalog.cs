using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>A checkpoint with the number of active workers that hold it.</summary>
internal sealed record CatalogEntry(CheckpointDescription Checkpoint, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, int Workers);

/// <summary>The checkpoints that jobs can name.</summary>
internal sealed class CheckpointCatalog(FarmRecord record, IOptions<CoordinatorOptions> options)
{
    /// <summary>All of them, the first announced first.</summary>
    public Task<Catalog> LoadAsync(CancellationToken cancellation) => record.ReadAsync(
        async db =>
        {
            var rows = await db.Checkpoints.OrderBy(row => row.FirstSeenAt).ThenBy(row => row.Name).ToListAsync(cancellation);
            var holders = await db.Workers.Where(worker => worker.Status == WorkerStatuses.Active).Select(worker => worker.Checkpoints).ToListAsync(cancellation);
            var counts = holders.SelectMany(digests => digests.Distinct()).CountBy(digest => digest).ToDictionary();
            var entries = rows.Select(row => new CatalogEntry(
                JsonSerializer.Deserialize<CheckpointDescription>(row.Description, FarmJson.Options)!, row.FirstSeenAt, row.LastSeenAt, counts.GetValueOrDefault(row.Digest)));
            return new Catalog([.. entries], options.Value.DefaultModel);
        },
        cancellation);
}

/// <summary>The checkpoints at one moment; pure.</summary>
/// <param name="Entries">The first announced first.</param>
/// <param name="DefaultModel">Configured default; null for none.</param>
internal sealed record Catalog(IReadOnlyList<CatalogEntry> Entries, string? DefaultModel)
{
    /// <summary>The checkpoint used when a job names none: the configured one, else the first announced that a worker holds, else the first.</summary>
    public CheckpointDescription? Default => DefaultModel is { } named
        ? Find(named)
        : Entries.OrderByDescending(entry => entry.Workers > 0).FirstOrDefault()?.Checkpoint;

    /// <summary>The checkpoint of a name or digest; of several with one name the one that workers hold, then the latest.</summary>
    public CheckpointDescription? Find(string model) => Entries
        .Where(entry => entry.Checkpoint.Digest == model || entry.Checkpoint.Name == model)
        .OrderByDescending(entry => entry.Workers > 0)
        .ThenByDescending(entry => entry.LastSeenAt)
        .FirstOrDefault()?.Checkpoint;

    /// <summary>Names to answer an unknown one with.</summary>
    public IEnumerable<string> Names => Entries.Select(entry => entry.Checkpoint.Name).Distinct();
}
