using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Workers.Heartbeats;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What workers say about themselves, in the record; their heartbeats are <see cref="HeartbeatWriter"/>'s.</summary>
internal sealed class WorkerRegistry(
    FarmRecord record,
    JobEventHub events,
    Dispatcher dispatcher,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<WorkerRegistry> logger)
{
    /// <summary>
    /// A worker came up or repeats what it can do. A new incarnation has lost all the former held: it goes back at once. One that has left stays so. One that
    /// says what the record says already writes nothing, and waits for no writer.
    /// </summary>
    public async Task AnnounceAsync(WorkerAnnounced message, CancellationToken cancellation)
    {
        if (await record.ReadAsync(db => AnnouncementRecord.IsKnownAsync(db, message, cancellation), cancellation)) return;
        var batch = new TaskBatch(clock.Now(), options.Value);
        await record.WriteAsync(
            async db =>
            {
                var worker = await db.Workers.SingleOrDefaultAsync(row => row.Name == message.Worker, cancellation);
                if (worker?.Outlives(message.Incarnation, batch.Now, options.Value.LeaseDuration) == true)
                {
                    CoordinatorLog.UnknownHeartbeat(logger, message.Worker, message.Incarnation);
                    return batch;
                }

                if (worker?.Incarnation != message.Incarnation)
                {
                    CoordinatorLog.WorkerAnnounced(logger, message.Worker, message.Incarnation);
                    await TakeBackAsync(db, batch, message.Worker, died: true, worker?.Status == WorkerStatuses.Active, cancellation);
                }

                await AnnouncementRecord.WriteAsync(db, worker, message, batch.Now, cancellation);
                return batch;
            },
            cancellation);
        events.Changed(batch.ChangedJobs);
        dispatcher.Wake();
    }

    /// <summary>A worker leaves in good order; what it still seemed to hold goes back at once.</summary>
    public async Task LeaveAsync(WorkerLeft message, CancellationToken cancellation)
    {
        var batch = new TaskBatch(clock.Now(), options.Value);
        await record.WriteAsync(
            async db =>
            {
                var worker = await db.Workers.SingleOrDefaultAsync(row => row.Name == message.Worker, cancellation);
                if (worker?.Hears(message.Incarnation) != true) return batch;
                CoordinatorLog.WorkerLeft(logger, message.Worker);
                worker.Status = WorkerStatuses.Left;
                await TakeBackAsync(db, batch, message.Worker, died: false, wasHeard: true, cancellation);
                return batch;
            },
            cancellation);
        events.Changed(batch.ChangedJobs);
        dispatcher.Wake();
    }

    private async Task TakeBackAsync(FarmDbContext db, TaskBatch batch, string worker, bool died, bool wasHeard, CancellationToken cancellation)
    {
        var held = await db.Tasks.Where(task => task.LeaseExpiresAt != null && task.Worker == worker).ToListAsync(cancellation);
        await batch.LoadAsync(record, db, held, cancellation);
        batch.TakeBack(held, died, wasHeard);
        batch.Finish(db);
        if (held.Count > 0) CoordinatorLog.TakenBack(logger, held.Count, worker);
    }
}
