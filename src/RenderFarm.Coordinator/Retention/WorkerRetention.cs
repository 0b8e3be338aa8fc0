using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Retention;

/// <summary>
/// Forgets workers that are gone for good: where each start has a name of its own, as pods have, their rows would grow without end. One that holds anything is
/// kept, and so is one that somebody drained, since it would come back undrained.
/// </summary>
internal static class WorkerRetention
{
    /// <summary>Deletes workers that left or were lost, with their devices.</summary>
    /// <param name="db">The record, within a transaction.</param>
    /// <param name="before">Only those that were last heard up to this time.</param>
    /// <param name="cancellation">The coordinator stops.</param>
    /// <returns>How many workers there were.</returns>
    public static async Task<int> ForgetAsync(FarmDbContext db, DateTimeOffset before, CancellationToken cancellation)
    {
        var gone = db.Workers.Where(worker =>
            worker.Status != WorkerStatuses.Active && worker.LastSeenAt <= before && worker.DrainedAt == null
            && !db.Tasks.Any(task => task.LeaseExpiresAt != null && task.Worker == worker.Name));
        await db.DeviceCapabilities.Where(device => gone.Any(worker => worker.Name == device.Worker)).ExecuteDeleteAsync(cancellation);
        await db.Devices.Where(device => gone.Any(worker => worker.Name == device.Worker)).ExecuteDeleteAsync(cancellation);
        return await gone.ExecuteDeleteAsync(cancellation);
    }
}
