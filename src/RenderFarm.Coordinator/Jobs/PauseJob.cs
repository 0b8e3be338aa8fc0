using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>
/// <c>POST /v1/jobs/{id}/pause</c> and <c>resume</c>: queued tasks of a paused job wait, running ones finish. A flag beside the status,
/// which goes on telling what has happened to the job. Saying it twice changes nothing.
/// </summary>
internal sealed class PauseJob(FarmRecord record, GetJob getJob, JobEventHub events, Dispatcher dispatcher, TimeProvider clock, ILogger<PauseJob> logger)
{
    /// <summary>Answers 200 with the job, 404, or 409 when it has ended.</summary>
    public async Task<IResult> HandleAsync(JobId id, string tenant, bool paused, CancellationToken cancellation)
    {
        var status = await record.WriteAsync(db => SetAsync(db, id, tenant, paused, cancellation), cancellation);
        if (status is null) return Problems.NotFound($"There is no job {id}.");
        if (JobStatuses.IsEnded(status)) return Problems.Conflict($"The job is {status} and has nothing left to {(paused ? "pause" : "resume")}.");
        CoordinatorLog.JobPaused(logger, id, paused);
        events.Changed([id]);
        dispatcher.Wake();
        return Answers.Ok((await getJob.FindAsync(id, tenant, cancellation))!);
    }

    private async Task<string?> SetAsync(FarmDbContext db, JobId id, string tenant, bool paused, CancellationToken cancellation)
    {
        var job = await db.Jobs.SingleOrDefaultAsync(row => row.Id == id && row.Tenant == tenant, cancellation);
        if (job is null || JobStatuses.IsEnded(job.Status)) return job?.Status;
        job.PausedAt = paused ? job.PausedAt ?? clock.Now() : null;
        return job.Status;
    }
}
