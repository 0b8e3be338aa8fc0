using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Rescue;

/// <summary>What silence means; pure. A worker that says nothing for a lease is gone with all it held; one that speaks but no longer
/// lists a run has lost that run alone.</summary>
/// <param name="Gone">Workers whose attempts go back together.</param>
/// <param name="Vanished">Runs that living workers lost.</param>
internal sealed record Silence(IReadOnlyList<FarmWorker> Gone, IReadOnlyList<RenderTask> Vanished)
{
    /// <summary>Judges at a time up to which everything was heard.</summary>
    /// <param name="workers">The workers.</param>
    /// <param name="expired">Tasks whose lease has expired by then.</param>
    /// <param name="heard">The time.</param>
    /// <param name="lease">How long a worker may be silent.</param>
    public static Silence Judge(IEnumerable<FarmWorker> workers, IReadOnlyCollection<RenderTask> expired, DateTimeOffset heard, TimeSpan lease)
    {
        var holders = expired.Select(task => task.Worker!).ToHashSet(StringComparer.Ordinal);
        var gone = workers
            .Where(worker => worker.Status == WorkerStatuses.Active ? worker.LastSeenAt <= heard - lease : holders.Contains(worker.Name))
            .OrderBy(worker => worker.Name, StringComparer.Ordinal)
            .ToList();
        var names = gone.Select(worker => worker.Name).ToHashSet(StringComparer.Ordinal);
        return new Silence(gone, [.. expired.Where(task => !names.Contains(task.Worker!))]);
    }
}
