using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Jobs.Views;

/// <summary>
/// What lies ahead of open jobs; pure once loaded. The estimated time is the job's remaining cost over the share of measured speed that
/// fairness gives it now: it holds as long as nobody comes or goes.
/// </summary>
/// <param name="Devices">The fleet.</param>
/// <param name="Open">Who shares it.</param>
/// <param name="IsFarmPaused">Whether someone paused the farm.</param>
internal sealed record JobOutlook(IReadOnlyList<DeviceLoad> Devices, IReadOnlyList<Competition> Open, bool IsFarmPaused)
{
    private static readonly JobOutlook None = new([], [], false);

    /// <summary>Looks at the fleet and at who shares it; at nothing when every job to be shown has ended.</summary>
    public static async Task<JobOutlook> LoadAsync(
        FarmDbContext db, OpenJobs open, IEnumerable<RenderJob> shown, DateTimeOffset now, CancellationToken cancellation)
    {
        if (shown.All(job => JobStatuses.IsEnded(job.Status))) return None;
        return new JobOutlook(
            await Fleet.LoadAsync(db, now, cancellation), await open.CountAsync(cancellation), await FarmControl.PausedAtAsync(db, cancellation) is not null);
    }

    /// <summary>Seconds to the end of a job; null after it, and while nothing has been measured.</summary>
    public double? EtaSeconds(RenderJob job)
    {
        if (JobStatuses.IsEnded(job.Status)) return null;
        var speed = Devices
            .Where(device => device.IsMeasured && device.Suits(job.Needs) && (job.Profile is null || device.Profile == job.Profile))
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
