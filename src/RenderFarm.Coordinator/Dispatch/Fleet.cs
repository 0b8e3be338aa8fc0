using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>The devices of active workers with what they hold, as the record knows them.</summary>
internal static class Fleet
{
    /// <summary>Reads all of them: a fleet is thousands at most, and what they hold is a few each. Devices of workers that are gone are left out, of which there may be many more.</summary>
    public static async Task<IReadOnlyList<DeviceLoad>> LoadAsync(FarmDbContext db, DateTimeOffset now, CancellationToken cancellation)
    {
        var (workers, devices) = await ActiveAsync(db, cancellation);
        return Compose(workers, devices, await HeldAsync(db, cancellation), now);
    }

    /// <summary>As <see cref="LoadAsync(FarmDbContext, DateTimeOffset, CancellationToken)"/>, in less time: devices and what they hold are read side by side.</summary>
    public static async Task<IReadOnlyList<DeviceLoad>> LoadAsync(FarmRecord record, DateTimeOffset now, CancellationToken cancellation)
    {
        var held = record.ReadAsync(db => HeldAsync(db, cancellation), cancellation);
        var active = record.ReadAsync(db => ActiveAsync(db, cancellation), cancellation);
        await Task.WhenAll(held, active);
        var (workers, devices) = await active;
        return Compose(workers, devices, await held, now);
    }

    private static async Task<(List<FarmWorker> Workers, List<FarmDevice> Devices)> ActiveAsync(FarmDbContext db, CancellationToken cancellation) => (
        await db.Workers.AsNoTracking().Where(worker => worker.Status == WorkerStatuses.Active).ToListAsync(cancellation),
        await db.Devices.AsNoTracking()
            .Where(device => db.Workers.Any(worker => worker.Name == device.Worker && worker.Status == WorkerStatuses.Active))
            .ToListAsync(cancellation));

    /// <summary>Puts the fleet together; pure. With every worker in quarantine none is, but for those whose surroundings are to blame: somebody has to try, or no job would ever end.</summary>
    public static IReadOnlyList<DeviceLoad> Compose(
        IReadOnlyCollection<FarmWorker> active, IEnumerable<FarmDevice> devices, IEnumerable<HeldLoad> held, DateTimeOffset now)
    {
        var isAnyFree = active.Any(worker => worker is { DrainedAt: null, TrialAt: null });
        var workers = active.ToDictionary(
            worker => worker.Name,
            worker => (
                Row: worker,
                Digests: worker.Checkpoints.ToHashSet(),
                Upscalers: UpscalerNames.Read(worker.Upscalers).Select(upscaler => upscaler.Digest).ToHashSet(),
                Duty: isAnyFree || worker.DrainedAt is not null || WorkerStanding.IsWithheld(worker) ? WorkerStanding.DutyOf(worker, now) : WorkerDuty.Full));
        var loads = devices.Where(device => workers.ContainsKey(device.Worker)).ToDictionary(
            device => (device.Worker, device.Device),
            device => new DeviceLoad
            {
                Worker = device.Worker,
                Device = device.Device,
                Slots = device.Slots,
                Profile = device.Profile,
                Speed = device.Speed,
                PixelsPerImage = device.PixelsPerImage,
                IsFast = device.IsFast,
                IsMeasured = device.MeasuredSpeed is not null,
                Checkpoints = workers[device.Worker].Digests,
                Upscalers = workers[device.Worker].Upscalers,
                Duty = workers[device.Worker].Duty,
                Quarantine = workers[device.Worker].Row.QuarantineReason,
                HasStrangers = workers[device.Worker].Row.UnwantedRuns > 0,
            });
        foreach (var (worker, device, count, cost, suspects) in held)
        {
            if (!loads.TryGetValue((worker, device), out var load)) continue;
            load.Add(count, cost);
            if (suspects > 0) load.MarkSuspect();
        }

        return [.. loads.Values];
    }

    /// <summary>How many attempts each device holds, and their cost.</summary>
    public static async Task<List<HeldLoad>> HeldAsync(FarmDbContext db, CancellationToken cancellation)
    {
        var held = await db.Tasks.Where(task => task.LeaseExpiresAt != null)
            .GroupBy(task => new { task.Worker, task.Device })
            .Select(group => new
            {
                group.Key.Worker,
                group.Key.Device,
                Count = group.Count(),
                Cost = group.Sum(task => task.Cost),
                Suspects = group.Sum(task => task.SuspectSince != null ? 1 : 0),
            })
            .ToListAsync(cancellation);
        return [.. held.Select(group => new HeldLoad(group.Worker!, group.Device!, group.Count, group.Cost, group.Suspects))];
    }
}

/// <summary>What one device holds.</summary>
/// <param name="Worker">Its worker.</param>
/// <param name="Device">Its name within the worker.</param>
/// <param name="Count">Attempts.</param>
/// <param name="Cost">Their cost in pixel-steps.</param>
/// <param name="Suspects">Those among them that must run alone.</param>
internal sealed record HeldLoad(string Worker, string Device, int Count, long Cost, int Suspects);
