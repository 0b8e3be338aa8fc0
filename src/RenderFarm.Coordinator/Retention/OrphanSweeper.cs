using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Retention;

/// <summary>
/// Removes images that no record names: of a run whose task ended with another run's image or without one, and of jobs that are gone. An
/// image younger than the grace stays, because its report may be on its way; so does every image of a task that has not ended, and
/// every object whose key this version cannot read. One that the store does not delete is passed over. Runs on the leader alone.
/// </summary>
internal sealed class OrphanSweeper(
    FarmRecord record,
    IObjectStore store,
    ILeadership leadership,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<OrphanSweeper> logger) : FarmLoop(options.Value.SweepInterval, clock, logger)
{
    // Keys come in order, so a batch is of few jobs.
    private const int BatchSize = 1_000;
    private readonly TimeProvider _clock = clock;

    // Those that stayed since all had their turn. Outlives a pass: as many of them as a pass tries, in front of the others, would keep those from ever having one.
    private readonly HashSet<ObjectKey> _passedOver = [];
    private bool _isFirst = true;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        // Coordinators come and go: the first pass of each would list the whole store at every restart.
        if (_isFirst)
        {
            _isFirst = false;
            return false;
        }

        if (leadership.Epoch is null) return false;
        var removed = 0;
        var removal = new ObjectRemoval(store, logger);
        var batch = new List<(ObjectKey Key, ImageKey Image)>();
        await foreach (var key in store.ListAsync(ImageKey.Prefix, stopping))
        {
            if (ImageKey.Of(key) is not { MadeAt: { } made } image || _clock.GetUtcNow() - made < options.Value.SweepGrace || _passedOver.Contains(key)) continue;
            batch.Add((key, image));
            if (batch.Count < BatchSize) continue;
            removed += await SweepAsync(batch, removal, stopping);
            batch.Clear();
            if (leadership.Epoch is null) return false;
            if (removal.IsInVain) break;
        }

        removed += await SweepAsync(batch, removal, stopping);
        if (!removal.IsInVain) _passedOver.Clear();
        CoordinatorLog.Swept(logger, removed);
        return false;
    }

    private async Task<int> SweepAsync(List<(ObjectKey Key, ImageKey Image)> batch, ObjectRemoval removal, CancellationToken stopping)
    {
        var removed = 0;
        foreach (var ofJob in batch.GroupBy(found => found.Image.Job))
        {
            var indices = ofJob.Select(found => found.Image.Index).Distinct().ToArray();
            // The tasks before the job: a job that is submitted in between cannot have images older than the grace.
            var tasks = await record.ReadAsync(
                db => db.Tasks.Where(task => task.Job == ofJob.Key && indices.Contains(task.Index))
                    .Select(task => new { task.Index, task.Status, task.ObjectKey }).ToDictionaryAsync(task => task.Index, stopping),
                stopping);
            foreach (var (key, image) in ofJob)
            {
                if (tasks.TryGetValue(image.Index, out var task) && (!TaskStatuses.IsEnded(task.Status) || IsNamed(key, task.ObjectKey))) continue;
                if (removal.IsInVain) return removed;
                if (await removal.TryRemoveAsync(key, stopping)) removed++;
                else _passedOver.Add(key);
            }
        }

        return removed;
    }

    // What lies beside an image shares its name up to the extension.
    private static bool IsNamed(ObjectKey key, string? recorded) =>
        recorded is not null && key.Value.StartsWith(Path.ChangeExtension(recorded, null), StringComparison.Ordinal);
}
