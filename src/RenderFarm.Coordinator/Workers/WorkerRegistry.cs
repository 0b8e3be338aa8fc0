using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What workers say about themselves, in the record.</summary>
internal sealed class WorkerRegistry(
    FarmRecord record,
    HeartbeatReview review,
    JobEventHub events,
    Dispatcher dispatcher,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<WorkerRegistry> logger)
{
    /// <summary>A worker came up or repeats what it can do. A new incarnation has lost all the former held: it goes back at once. One that has left stays so.</summary>
    public async Task AnnounceAsync(WorkerAnnounced message, CancellationToken cancellation)
    {
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

                Upsert(db, worker, message, batch.Now);
                await AnnouncedDevices.UpsertAsync(db, message, cancellation);
                await UpsertCheckpointsAsync(db, message, batch.Now, cancellation);
                return batch;
            },
            cancellation);
        events.Changed(batch.ChangedJobs);
        dispatcher.Wake();
    }

    /// <summary>A worker lives and lists what it holds. A lost one is active again by this; one that has left is not.</summary>
    public async Task HeartbeatAsync(WorkerHeartbeat message, CancellationToken cancellation)
    {
        var returned = false;
        var findings = await record.WriteAsync(
            async db =>
            {
                var worker = await db.Workers.SingleOrDefaultAsync(row => row.Name == message.Worker, cancellation);
                if (worker?.Hears(message.Incarnation) != true)
                {
                    CoordinatorLog.UnknownHeartbeat(logger, message.Worker, message.Incarnation);
                    return null;
                }

                worker.LastSeenAt = clock.Now();
                returned = worker.Status != WorkerStatuses.Active;
                worker.Status = WorkerStatuses.Active;
                return await review.ReviewAsync(db, worker, message, cancellation);
            },
            cancellation);
        if (returned) dispatcher.Wake();
        if (findings is not null) await review.ActAsync(message.Worker, findings, cancellation);
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
        await batch.LoadAsync(db, held, cancellation);
        batch.TakeBack(held, died, wasHeard);
        batch.Finish(db);
        if (held.Count > 0) CoordinatorLog.TakenBack(logger, held.Count, worker);
    }

    private static void Upsert(FarmDbContext db, FarmWorker? worker, WorkerAnnounced message, DateTimeOffset now)
    {
        if (worker is null)
        {
            db.Workers.Add(worker = new FarmWorker
            {
                Name = message.Worker,
                Incarnation = message.Incarnation,
                Checkpoints = [],
                FirstSeenAt = now,
                LastSeenAt = now,
            });
        }

        // A new process holds nothing yet; a repeated announcement says nothing about runs.
        if (worker.Incarnation != message.Incarnation)
        {
            worker.UnwantedRuns = 0;
            WorkerStanding.Restart(worker, now);
        }

        worker.Incarnation = message.Incarnation;
        worker.Checkpoints = [.. message.Capabilities.Checkpoints.Select(checkpoint => checkpoint.Digest), .. message.Capabilities.FetchesCheckpoints ? (string[])[FarmWorker.Fetches] : []];
        worker.Upscalers = UpscalerNames.Write(message.Capabilities.Upscalers);
        worker.LastSeenAt = now;
        worker.Status = WorkerStatuses.Active;
    }

    private static async Task UpsertCheckpointsAsync(FarmDbContext db, WorkerAnnounced message, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var announced in message.Capabilities.Checkpoints.DistinctBy(checkpoint => checkpoint.Digest))
        {
            var description = JsonSerializer.Serialize(announced, FarmJson.Options);
            var known = await db.Checkpoints.FindAsync([announced.Digest], cancellation);
            if (known is null)
            {
                db.Checkpoints.Add(known = new FarmCheckpoint
                {
                    Digest = announced.Digest,
                    Name = announced.Name,
                    Description = description,
                    FirstSeenAt = now,
                    LastSeenAt = now,
                });
            }

            (known.Name, known.Description, known.LastSeenAt) = (announced.Name, description, now);
        }
    }
}
