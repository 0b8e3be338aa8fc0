using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>Open jobs of one tenant in one priority class.</summary>
internal sealed record Competition(string Tenant, string Priority, int Jobs);

/// <summary>
/// What lies ahead of open jobs; pure once loaded. The estimated time is the job's remaining cost over the share of measured speed that
/// fairness gives it now: it holds as long as nobody comes or goes.
/// </summary>
/// <param name="Devices">The fleet.</param>
/// <param name="Open">Who shares it.</param>
/// <param name="IsFarmPaused">Whether someone paused the farm.</param>
internal sealed record JobOutlook(IReadOnlyList<DeviceLoad> Devices, IReadOnlyList<Competition> Open, bool IsFarmPaused)
{
    /// <summary>Looks at the fleet and at who shares it.</summary>
    public static async Task<JobOutlook> LoadAsync(FarmDbContext db, DateTimeOffset now, CancellationToken cancellation)
    {
        var open = await db.Jobs.Where(job => job.Status == JobStatuses.Queued || job.Status == JobStatuses.Active)
            .GroupBy(job => new { job.Tenant, job.Priority })
            .Select(group => new Competition(group.Key.Tenant, group.Key.Priority, group.Count()))
            .ToListAsync(cancellation);
        return new JobOutlook(open.Count > 0 ? await Fleet.LoadAsync(db, now, cancellation) : [], open, await FarmControl.PausedAtAsync(db, cancellation) is not null);
    }

    /// <summary>Seconds to the end of a job; null after it, and while nothing has been measured.</summary>
    public double? EtaSeconds(RenderJob job)
    {
        if (JobStatuses.IsEnded(job.Status)) return null;
        var speed = Devices
            .Where(device => device.IsMeasured && device.Holds(job.Needs) && (job.Profile is null || device.Profile == job.Profile))
            .Sum(device => device.Speed);
        return speed > 0 ? Math.Round((job.Cost - job.CostEnded) / (speed * Share(job)), 1) : null;
    }

    /// <summary>Why queued tasks of a job are waiting; null when some device can take them.</summary>
    public string? WhyWaiting(RenderJob job) => JobStatuses.IsEnded(job.Status) || job.TasksQueued == 0
        ? null
        : job.PausedAt is not null ? "The job is paused. Resume it, and it goes on."
        : IsFarmPaused ? "The farm is paused. Resume it, and the job goes on."
        : WorkerMatching.WhyWaiting(Devices, job.Needs);

    private double Share(RenderJob job)
    {
        var weights = Open.Select(group => group.Priority).Distinct().Sum(FairSelection.Weight);
        var ofClass = Open.Where(group => group.Priority == job.Priority).ToList();
        var ofTenant = ofClass.Where(group => group.Tenant == job.Tenant).Sum(group => group.Jobs);
        var share = (double)FairSelection.Weight(job.Priority) / Math.Max(1, weights);
        return share / Math.Max(1, ofClass.Count) / Math.Max(1, ofTenant);
    }
}
