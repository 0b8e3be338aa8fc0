using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What accepted reports say about the workers they come from, in the record, by <see cref="WorkerStanding"/>.</summary>
internal static class WorkerStandings
{
    /// <summary>Takes in a batch of accepted reports, within its transaction and before its failures are written.</summary>
    public static async Task NoteAsync(
        FarmDbContext db, IReadOnlyList<Report> accepted, DateTimeOffset now, CoordinatorOptions options, ILogger logger, CancellationToken cancellation)
    {
        var faults = accepted.OfType<FailureReport>().Where(report => WorkerStanding.IsWorkerFault(report.Failure.Code)).ToList();
        var successes = accepted.OfType<SuccessReport>().ToList();
        if (faults.Count + successes.Count == 0) return;
        var names = faults.Concat<Report>(successes).Select(report => report.Worker).Distinct().ToArray();
        var workers = await db.Workers.Where(worker => names.Contains(worker.Name)).ToDictionaryAsync(worker => worker.Name, cancellation);
        foreach (var success in successes)
        {
            if (workers.TryGetValue(success.Worker, out var worker)) WorkerStanding.Success(worker, now);
        }

        foreach (var fault in faults)
        {
            var task = $"{fault.Attempt.Job}/{fault.Attempt.Index}";
            if (IsPardonable(fault.Failure.Code) && await PardonOthersAsync(db, fault, task, options, cancellation)) continue;
            if (!workers.TryGetValue(fault.Worker, out var worker)) continue;
            if (WorkerStanding.Fault(worker, WorkerStanding.FaultOf(task, fault.Failure.Code), fault.Failure.Detail, now, options))
                CoordinatorLog.WorkerQuarantined(logger, worker.Name, worker.TrialAt!.Value, worker.QuarantineReason!);
        }
    }

    private static bool IsPardonable(string code) => WorkerStanding.IsWorkerFault(code) && !WorkerStanding.IsOfSurroundings(code);

    // A task that failed on two workers is its own fault, on both.
    private static async Task<bool> PardonOthersAsync(FarmDbContext db, FailureReport fault, string task, CoordinatorOptions options, CancellationToken cancellation)
    {
        var others = await db.Failures
            .Where(failure => failure.Job == fault.Attempt.Job && failure.Index == fault.Attempt.Index && failure.Worker != fault.Worker)
            .Select(failure => new { failure.Worker, failure.Code }).ToListAsync(cancellation);
        var names = others.Where(other => IsPardonable(other.Code)).Select(other => other.Worker!).Append(fault.Worker).Distinct().ToArray();
        if (names.Length == 1) return false;
        foreach (var worker in await db.Workers.Where(row => names.Contains(row.Name)).ToListAsync(cancellation)) WorkerStanding.Pardon(worker, task, options);
        return true;
    }
}
