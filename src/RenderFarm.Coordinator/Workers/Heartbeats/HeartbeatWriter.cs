using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers.Heartbeats;

/// <summary>Writes heartbeats that were gathered, all of them in one transaction by <see cref="HeartbeatRules"/>, and then does what follows from each on the bus.</summary>
internal sealed class HeartbeatWriter(
    FarmRecord record,
    Dispatcher dispatcher,
    CancelNotices notices,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<HeartbeatWriter> logger)
{
    /// <summary>
    /// Workers live and list what they hold. A lost one is active again by this; one that has left is not. Completes each heartbeat, but for those of workers
    /// that the record does not know when it looks for the first time: their announcement may be on its way beside them.
    /// </summary>
    public async Task WriteAsync(IReadOnlyList<PendingHeartbeat> gathered)
    {
        try
        {
            // By nobody's cancellation: one that its own message has left is written with the others.
            var heard = await record.WriteAsync(db => ApplyAsync(db, gathered, CancellationToken.None), CancellationToken.None);
            if (heard.Exists(one => one.HasReturned)) dispatcher.Wake();
            foreach (var one in heard) await ActAsync(one);
            foreach (var one in gathered.Where(one => one.IsSecondLook)) one.Done.TrySetResult();
        }
        catch (Exception error) when (gathered.Count > 1 && !record.IsAway(error))
        {
            // One of them cannot be written, and must not take its neighbours along.
            CoordinatorLog.HeartbeatsSplit(logger, gathered.Count, error);
            foreach (var one in gathered) await WriteAsync([one]);
        }
        catch (Exception error)
        {
            foreach (var one in gathered) one.Done.TrySetException(error);
        }
    }

    private async Task<List<Heard>> ApplyAsync(FarmDbContext db, IReadOnlyList<PendingHeartbeat> gathered, CancellationToken cancellation)
    {
        var now = clock.Now();
        var names = gathered.Select(one => one.Message.Worker).Distinct().ToArray();
        var workers = await db.Workers.Where(worker => names.Contains(worker.Name)).ToDictionaryAsync(worker => worker.Name, cancellation);
        var held = (await db.Tasks.Where(task => task.LeaseExpiresAt != null && names.Contains(task.Worker!)).ToListAsync(cancellation)).ToLookup(task => task.Worker);
        var heard = new List<Heard>();
        foreach (var one in gathered)
        {
            if (workers.GetValueOrDefault(one.Message.Worker) is not { } worker || !worker.Hears(one.Message.Incarnation))
            {
                if (one.IsSecondLook) CoordinatorLog.UnknownHeartbeat(logger, one.Message.Worker, one.Message.Incarnation);
                continue;
            }

            if (!HeartbeatRules.Counts(worker, one.ArrivedAt, now, options.Value.LeaseDuration))
            {
                var age = now - one.ArrivedAt;
                CoordinatorLog.LateHeartbeat(logger, one.Message.Worker, age);
                heard.Add(new Heard(one, HasReturned: false, [], []));
                continue;
            }

            var hasReturned = worker.Status != WorkerStatuses.Active;
            (worker.LastSeenAt, worker.Status) = (one.ArrivedAt, WorkerStatuses.Active);
            var verdict = HeartbeatRules.Review(held[worker.Name], one.Message.Runs, one.ArrivedAt + options.Value.LeaseDuration);
            worker.UnwantedRuns = verdict.Unwanted.Count;
            heard.Add(new Heard(one, hasReturned, await ClaimsAsync(db, verdict.Lost, cancellation), verdict.Unwanted));
        }

        return heard;
    }

    // After the commit: sends again what the heartbeat missed, and stops what nobody wants.
    private async Task ActAsync(Heard heard)
    {
        var worker = heard.Heartbeat.Message.Worker;
        try
        {
            foreach (var task in heard.SendAgain)
            {
                CoordinatorLog.SentAgain(logger, new AttemptId(task.Job.Id, task.Index, task.Attempt), worker);
                await dispatcher.PublishAsync(task, CancellationToken.None);
            }

            foreach (var attempt in heard.Unwanted) notices.Tell(worker, attempt);
            heard.Heartbeat.Done.TrySetResult();
        }
        catch (Exception error)
        {
            // It is in the record, and so are its neighbours: it alone is said again.
            heard.Heartbeat.Done.TrySetException(error);
        }
    }

    private async Task<IReadOnlyList<ClaimedTask>> ClaimsAsync(FarmDbContext db, IReadOnlyList<RenderTask> lost, CancellationToken cancellation)
    {
        if (lost.Count == 0) return [];
        var ids = lost.Select(task => task.Job).Distinct().ToArray();
        var jobs = (await record.FindJobsAsync(db, ids, cancellation)).ToDictionary(
            job => job.Id, job => new WaitingJob(job.Id, job.Tenant, job.Priority, job.Needs, job.Format, job.Quality));
        return [.. lost.Select(task => new ClaimedTask(jobs[task.Job], task.Worker!, task.Device!, task.Index, task.Attempt))];
    }

    private sealed record Heard(PendingHeartbeat Heartbeat, bool HasReturned, IReadOnlyList<ClaimedTask> SendAgain, IReadOnlyList<AttemptId> Unwanted);
}
