using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>The devices of active workers with what they hold, as the record knows them.</summary>
internal static class Fleet
{
    /// <summary>Reads all of them: a fleet is thousands at most, and what they hold is a few each.</summary>
    public static async Task<IReadOnlyList<DeviceLoad>> LoadAsync(FarmDbContext db, CancellationToken cancellation)
    {
        var workers = await db.Workers.AsNoTracking().Where(worker => worker.Status == WorkerStatuses.Active)
            .ToDictionaryAsync(worker => worker.Name, worker => worker.Checkpoints.ToHashSet(), cancellation);
        var devices = await db.Devices.AsNoTracking().ToListAsync(cancellation);
        var loads = devices.Where(device => workers.ContainsKey(device.Worker)).ToDictionary(
            device => (device.Worker, device.Device),
            device => new DeviceLoad
            {
                Worker = device.Worker,
                Device = device.Device,
                Slots = device.Slots,
                Profile = device.Profile,
                Speed = device.Speed,
                IsMeasured = device.MeasuredSpeed is not null,
                Checkpoints = workers[device.Worker],
            });
        foreach (var (worker, device, count, cost) in await HeldAsync(db, cancellation))
        {
            if (loads.TryGetValue((worker, device), out var load)) load.Add(count, cost);
        }

        return [.. loads.Values];
    }

    /// <summary>How many attempts each device holds, and their cost.</summary>
    public static async Task<List<(string Worker, string Device, int Count, long Cost)>> HeldAsync(FarmDbContext db, CancellationToken cancellation)
    {
        var held = await db.Tasks.Where(task => task.LeaseExpiresAt != null)
            .GroupBy(task => new { task.Worker, task.Device })
            .Select(group => new { group.Key.Worker, group.Key.Device, Count = group.Count(), Cost = group.Sum(task => task.Cost) })
            .ToListAsync(cancellation);
        return [.. held.Select(group => (group.Worker!, group.Device!, group.Count, group.Cost))];
    }
}
