using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Jobs.Views;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>A request that names a job in its path. A job of another tenant does not exist for it.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="Http">The request.</param>
/// <param name="Jobs">Finds the job.</param>
/// <param name="Options">Says where the tenant comes from.</param>
internal sealed record JobRequest([FromRoute(Name = "id")] string Id, HttpContext Http, [FromServices] GetJob Jobs, [FromServices] IOptions<CoordinatorOptions> Options)
{
    /// <summary>Whose request it is.</summary>
    public string Tenant => Tenancy.Of(Http.Request, Options.Value);

    /// <summary>Ends when the client leaves.</summary>
    public CancellationToken Cancellation => Http.RequestAborted;

    /// <summary>Answers by the job's id, or 404 when the path holds none.</summary>
    public Task<IResult> ByIdAsync(Func<JobId, Task<IResult>> answer) => JobId.TryParse(Id, null, out var job) ? answer(job) : Task.FromResult<IResult>(NoJob());

    /// <summary>Answers by the job's row, or 404 when the tenant has no such job.</summary>
    public Task<IResult> ByRowAsync(Func<RenderJob, Task<IResult>> answer) =>
        ByIdAsync(async job => await Jobs.RowAsync(job, Tenant, Cancellation) is { } row ? await answer(row) : NoJob());

    /// <summary>Answers by the job's row and a task's index, or 404 when either is not there.</summary>
    public Task<IResult> ByTaskAsync(string index, Func<RenderJob, int, Task<IResult>> answer) => ByRowAsync(job =>
        int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place < job.TasksTotal
            ? answer(job, place)
            : Task.FromResult<IResult>(Problems.NotFound($"Job {job.Id} has no task {Problems.Shorten(index)}; its tasks are 0…{job.TasksTotal - 1}.")));

    /// <summary>Answers with the job as it is now.</summary>
    public async Task<IResult> ShowAsync(JobId job) => await Jobs.FindAsync(job, Tenant, Cancellation) is { } view ? Answers.Ok(view) : NoJob();

    private ProblemResult NoJob() => Problems.NotFound($"There is no job {Problems.Shorten(Id)}.");
}
