using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Rescue;

/// <summary>What all leases undergo together.</summary>
internal static class Leases
{
    /// <summary>
    /// Gives every lease its full time from now: nobody can be blamed for a silence in which nobody could be heard. Active workers get
    /// the same time to be heard again.
    /// </summary>
    /// <returns>Number of leases.</returns>
    public static async Task<int> StartAnewAsync(FarmDbContext db, DateTimeOffset now, TimeSpan lease, CancellationToken cancellation)
    {
        await db.Workers.Where(worker => worker.Status == WorkerStatuses.Active).ExecuteUpdateAsync(
            worker => worker.SetProperty(w => w.LastSeenAt, now), cancellation);
        return await db.Tasks.Where(task => task.LeaseExpiresAt != null).ExecuteUpdateAsync(
            task => task.SetProperty(t => t.LeaseExpiresAt, now + lease).SetProperty(t => t.MissedHeartbeats, 0), cancellation);
    }
}
