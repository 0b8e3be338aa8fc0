using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Persistence.Sqlite;

/// <summary>The claim in SQLite, which has one writer: one statement per device and job.</summary>
internal static class SqliteClaim
{
    /// <summary>Claims within the context's transaction and leaves the changed jobs to be saved.</summary>
    public static async Task<List<ClaimedTask>> ApplyAsync(FarmDbContext db, Claim claim, CancellationToken cancellation)
    {
        var claimed = new List<ClaimedTask>();
        if (await FarmControl.PausedAtAsync(db, cancellation) is not null) return claimed;
        foreach (var ofJob in claim.Allotments.GroupBy(allotment => allotment.Job.Id))
        {
            var job = await db.Jobs.SingleAsync(row => row.Id == ofJob.Key, cancellation);
            if (JobStatuses.IsEnded(job.Status) || job.PausedAt is not null) continue;
            foreach (var allotment in ofJob.Where(allotment => job.Takes(allotment.Device.Profile)))
            {
                var taken = await ApplyAsync(db, allotment, claim, cancellation);
                Book(job, allotment.Device.Profile, taken.Count, claim.Now);
                claimed.AddRange(taken);
            }
        }

        return claimed;
    }

    private static async Task<List<ClaimedTask>> ApplyAsync(FarmDbContext db, Allotment allotment, Claim claim, CancellationToken cancellation)
    {
        var (job, device, indices) = allotment;
        if (await db.Workers.AnyAsync(row => row.Name == device.Worker && (row.Status != WorkerStatuses.Active || row.DrainedAt != null), cancellation)) return [];
        var legal = Transitions.Of(TaskEvent.Claimed);
        var wanted = db.Tasks.Where(task => task.Job == job.Id && indices.Contains(task.Index));
        var free = await wanted.Where(task => legal.From.Contains(task.Status)).Select(task => task.Index).ToListAsync(cancellation);
        await wanted.Where(task => free.Contains(task.Index)).ExecuteUpdateAsync(
            task => task
                .SetProperty(t => t.Status, legal.To)
                .SetProperty(t => t.Attempt, t => t.Attempt + 1)
                .SetProperty(t => t.Charged, t => t.Charged + 1)
                .SetProperty(t => t.MissedHeartbeats, 0)
                .SetProperty(t => t.Worker, device.Worker)
                .SetProperty(t => t.Device, device.Device)
                .SetProperty(t => t.Run, (RunId?)null)
                .SetProperty(t => t.NotBefore, (DateTimeOffset?)null)
                .SetProperty(t => t.StartedAt, (DateTimeOffset?)null)
                .SetProperty(t => t.LeaseExpiresAt, claim.LeaseExpiresAt),
            cancellation);
        var taken = await wanted.Where(task => free.Contains(task.Index))
            .OrderBy(task => task.Index)
            .Select(task => new { task.Index, task.Attempt })
            .ToListAsync(cancellation);
        return taken.ConvertAll(task => new ClaimedTask(job, device.Worker, device.Device, task.Index, task.Attempt));
    }

    private static void Book(RenderJob job, string profile, int count, DateTimeOffset now)
    {
        if (count == 0) return;
        job.Pin(profile);
        job.Count(Transitions.Of(TaskEvent.Claimed).From[0], -count);
        job.Count(Transitions.Of(TaskEvent.Claimed).To, count);
        job.MarkDispatched(now);
    }
}
