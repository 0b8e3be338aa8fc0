using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>
/// Returns tasks whose lease has expired to the backlog, charged; one that has used up its attempts fails with
/// <see cref="FailureCodes.WorkerLost"/>. Also marks workers lost that have been silent for as long as a lease. Leases age only while
/// heartbeats could have arrived: when this loop itself was held up, by a suspended machine or a busy disk, heartbeats were too, and
/// every lease starts anew.
/// </summary>
internal sealed class LeaseRescuer(
    FarmRecord record,
    JobEventHub events,
    Dispatcher dispatcher,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<LeaseRescuer> logger) : FarmLoop(options.Value.RescueInterval, clock, logger)
{
    // One transaction stays short; a full batch asks for the next pass at once.
    private const int BatchSize = 1_000;
    private readonly TimeProvider _clock = clock;
    private DateTimeOffset? _lastPass;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (WasHeldUp())
        {
            CoordinatorLog.LeasesRenewed(logger);
            await record.WriteAsync(db => Leases.StartAnewAsync(db, _clock.Now(), options.Value.LeaseDuration, stopping), stopping);
            return false;
        }

        var silentSince = _clock.Now() - options.Value.LeaseDuration;
        var expired = await record.ReadAsync(
            db => db.Tasks.CountAsync(task => task.LeaseExpiresAt != null && task.LeaseExpiresAt <= _clock.Now(), stopping), stopping);
        var silent = await record.ReadAsync(
            db => db.Workers.CountAsync(worker => worker.Status == WorkerStatuses.Active && worker.LastSeenAt <= silentSince, stopping), stopping);
        if (expired + silent == 0) return false;

        var batch = new TaskBatch(_clock.Now(), options.Value);
        var rescued = await record.WriteAsync(db => RescueAsync(db, batch, silentSince, stopping), stopping);
        CoordinatorMeters.Rescued(rescued);
        events.Changed(batch.ChangedJobs);
        dispatcher.Wake();
        return rescued == BatchSize;
    }

    private bool WasHeldUp()
    {
        var now = _clock.Now();
        var late = _lastPass is { } last && now - last > options.Value.RescueInterval + (options.Value.LeaseDuration / 2);
        _lastPass = now;
        return late;
    }

    private async Task<int> RescueAsync(FarmDbContext db, TaskBatch batch, DateTimeOffset silentSince, CancellationToken stopping)
    {
        foreach (var worker in await db.Workers.Where(row => row.Status == WorkerStatuses.Active && row.LastSeenAt <= silentSince).ToListAsync(stopping))
        {
            worker.Status = WorkerStatuses.Lost;
            CoordinatorLog.WorkerLost(logger, worker.Name, options.Value.LeaseDuration);
        }

        var expired = await db.Tasks.Where(task => task.LeaseExpiresAt != null && task.LeaseExpiresAt <= batch.Now).Take(BatchSize).ToListAsync(stopping);
        await batch.LoadAsync(db, expired, stopping);
        foreach (var task in expired)
        {
            CoordinatorLog.LeaseExpired(logger, task.AttemptId, task.Worker!);
            batch.Expire(db, task);
        }

        batch.RollUp();
        return expired.Count;
    }
}
