using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Jobs.Views;

/// <summary><c>GET /v1/jobs/{id}</c>.</summary>
internal sealed class GetJob(FarmRecord record, OpenJobs open, TimeProvider clock)
{
    /// <summary>The job of a tenant; null when the tenant has no such job.</summary>
    public Task<JobView?> FindAsync(JobId id, string tenant, CancellationToken cancellation) => record.ReadAsync(
        async db =>
        {
            var job = await db.Jobs.SingleOrDefaultAsync(row => row.Id == id && row.Tenant == tenant, cancellation);
            if (job is null) return null;
            var sweep = await db.Sweeps.SingleAsync(row => row.Job == id, cancellation);
            return JobViews.Of(job, Planners.Parse(sweep), await JobOutlook.LoadAsync(db, open, [job], clock.Now(), cancellation));
        },
        cancellation);

    /// <summary>The row of a tenant's job; null when the tenant has no such job.</summary>
    public Task<RenderJob?> RowAsync(JobId id, string tenant, CancellationToken cancellation) => record.ReadAsync(
        db => db.Jobs.SingleOrDefaultAsync(row => row.Id == id && row.Tenant == tenant, cancellation), cancellation);
}
