using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What a worker says that it can do, in the record: its row, its devices, and the checkpoints that it holds.</summary>
internal static class AnnouncementRecord
{
    /// <summary>Whether an active worker repeats what the record says of it already, so that there is nothing to write.</summary>
    public static async Task<bool> IsKnownAsync(FarmDbContext db, WorkerAnnounced message, CancellationToken cancellation)
    {
        var worker = await db.Workers.SingleOrDefaultAsync(row => row.Name == message.Worker, cancellation);
        if (worker is not { Status: WorkerStatuses.Active } || worker.Incarnation != message.Incarnation) return false;
        if (!worker.Checkpoints.SequenceEqual(CheckpointsOf(message)) || worker.Upscalers != UpscalerNames.Write(message.Capabilities.Upscalers)) return false;
        if (!await AnnouncedDevices.AreKnownAsync(db, message, cancellation)) return false;
        var digests = message.Capabilities.Checkpoints.Select(checkpoint => checkpoint.Digest).ToArray();
        var checkpoints = await db.Checkpoints.Where(row => digests.Contains(row.Digest)).ToDictionaryAsync(row => row.Digest, cancellation);
        return message.Capabilities.Checkpoints.DistinctBy(checkpoint => checkpoint.Digest).All(announced =>
            checkpoints.TryGetValue(announced.Digest, out var known) && known.Name == announced.Name && known.Description == DescriptionOf(announced));
    }

    /// <summary>Writes what it says, within a change of the record.</summary>
    /// <param name="db">The change.</param>
    /// <param name="worker">Its row; null for a worker that is new.</param>
    /// <param name="message">What it says.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Stops waiting for the record.</param>
    public static async Task WriteAsync(FarmDbContext db, FarmWorker? worker, WorkerAnnounced message, DateTimeOffset now, CancellationToken cancellation)
    {
        Upsert(db, worker, message, now);
        await AnnouncedDevices.UpsertAsync(db, message, cancellation);
        await UpsertCheckpointsAsync(db, message, now, cancellation);
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
        worker.Checkpoints = CheckpointsOf(message);
        worker.Upscalers = UpscalerNames.Write(message.Capabilities.Upscalers);
        worker.LastSeenAt = now;
        worker.Status = WorkerStatuses.Active;
    }

    private static async Task UpsertCheckpointsAsync(FarmDbContext db, WorkerAnnounced message, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var announced in message.Capabilities.Checkpoints.DistinctBy(checkpoint => checkpoint.Digest))
        {
            var description = DescriptionOf(announced);
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

    private static List<string> CheckpointsOf(WorkerAnnounced message) =>
        [.. message.Capabilities.Checkpoints.Select(checkpoint => checkpoint.Digest), .. message.Capabilities.FetchesCheckpoints ? (string[])[FarmWorker.Fetches] : []];

    private static string DescriptionOf(CheckpointDescription announced) => JsonSerializer.Serialize(announced, FarmJson.Options);
}
