using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Coordinator.Rescue;

/// <summary>
/// Rescues what silent workers held, and single runs that living workers no longer list; nobody is charged for either. Judges by
/// <see cref="LeaseClock"/>: a silence in which nobody could have been heard is nobody's. May rescue an attempt that still runs on a
/// frozen machine: its success is taken if it comes first, and dropped if not. Runs on the leader alone.
/// </summary>
internal sealed class LeaseRescuer(
    FarmRecord record,
    LeaseProbes probes,
    LeaseClock leases,
    JobEventHub events,
    Dispatcher dispatcher,
    ILeadership leadership,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<LeaseRescuer> logger) : FarmLoop(options.Value.RescueInterval, clock, logger)
{
    // One transaction stays short; a full batch asks for the next pass at once.
    private const int BatchSize = 1_000;
    private readonly TimeProvider _clock = clock;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (leadership.Epoch is not { } epoch) return false;
        var reading = leases.Read(_clock.Now());
        await probes.SendAsync(stopping);
        try
        {
            return reading.State switch
            {
                LeaseState.StartAnew => await StartAnewAsync(epoch, reading, stopping),
                LeaseState.Age => await RescueAsync(epoch, reading.Heard, stopping),
                _ => false,
            };
        }
        catch (Exception error) when (error is not (OperationCanceledException or LeadershipLostException))
        {
            // A record that is away for the rescuer was away for heartbeats.
            leases.Doubt(_clock.Now());
            throw;
        }
    }

    private async Task<bool> StartAnewAsync(long epoch, LeaseReading reading, CancellationToken stopping)
    {
        var count = await record.LeadAsync(epoch, db => Leases.StartAnewAsync(db, _clock.Now(), options.Value.LeaseDuration, stopping), stopping);
        leases.StartedAnew(reading);
        CoordinatorLog.LeasesRenewed(logger, count);
        return false;
    }

    private async Task<bool> RescueAsync(long epoch, DateTimeOffset heard, CancellationToken stopping)
    {
        var silentSince = heard - options.Value.LeaseDuration;
        // One statement: it is asked twice a second, for as long as the farm lives.
        var isAny = await record.ReadAsync(
            db => db.Tasks.Where(task => task.LeaseExpiresAt != null && task.LeaseExpiresAt <= heard).Select(_ => 1)
                .Concat(db.Workers.Where(worker => worker.Status == WorkerStatuses.Active && worker.LastSeenAt <= silentSince).Select(_ => 1))
                .AnyAsync(stopping),
            stopping);
        if (!isAny) return false;

        var batch = new TaskBatch(_clock.Now(), options.Value);
        var rescued = await record.LeadAsync(epoch, db => RescueAsync(db, batch, heard, stopping), stopping);
        CoordinatorMeters.Rescued(rescued);
        events.Changed(batch.ChangedJobs);
        dispatcher.Wake();
        return rescued >= BatchSize;
    }

    private async Task<int> RescueAsync(FarmDbContext db, TaskBatch batch, DateTimeOffset heard, CancellationToken stopping)
    {
        var workers = await db.Workers.ToDictionaryAsync(row => row.Name, stopping);
        var expired = await db.Tasks.Where(task => task.LeaseExpiresAt != null && task.LeaseExpiresAt <= heard)
            .OrderBy(task => task.LeaseExpiresAt).Take(BatchSize).ToListAsync(stopping);
        var findings = Silence.Judge(workers.Values, expired, heard, options.Value.LeaseDuration);
        var names = findings.Gone.Select(worker => worker.Name).ToArray();
        var lost = await db.Tasks.Where(task => task.LeaseExpiresAt != null && names.Contains(task.Worker!)).ToListAsync(stopping);
        await batch.LoadAsync(record, db, [.. lost, .. findings.Vanished], stopping);
        foreach (var worker in findings.Gone)
        {
            var wasHeard = worker.Status == WorkerStatuses.Active;
            if (wasHeard) CoordinatorLog.WorkerLost(logger, worker.Name, options.Value.LeaseDuration);
            if (wasHeard) worker.Status = WorkerStatuses.Lost;
            batch.TakeBack([.. lost.Where(task => task.Worker == worker.Name)], died: worker.Status == WorkerStatuses.Lost, wasHeard);
        }

        foreach (var task in findings.Vanished)
        {
            CoordinatorLog.LeaseExpired(logger, task.AttemptId, task.Worker!);
            batch.Expire(task);
        }

        batch.Finish(db);
        return expired.Count;
    }
}
