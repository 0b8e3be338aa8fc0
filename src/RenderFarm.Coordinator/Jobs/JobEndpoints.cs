using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Images;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>The route table of jobs, and nothing else.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/jobs").WithTags("Jobs");
        jobs.MapPost("", (HttpContext http, SubmitJobHandler submit, CancellationToken cancellation) => submit.HandleAsync(http, cancellation))
            .DescribeSubmit();
        jobs.MapGet("", ListAsync).DescribeList();
        jobs.MapGet("{id}", GetAsync).DescribeGet();
        jobs.MapGet("{id}/tasks", TasksAsync).DescribeTasks();
        jobs.MapGet("{id}/tasks/{index}", TaskAsync).DescribeTask();
        jobs.MapPost("{id}/cancel", CancelAsync).DescribeCancel();
        jobs.MapPost("{id}/retry", RetryAsync).DescribeRetry();
        jobs.MapGet("{id}/events", EventsAsync).DescribeEvents();
        jobs.MapMethods("{id}/images/{index}", [HttpMethods.Get, HttpMethods.Head], ImageAsync).DescribeImage();
    }

    private static async Task<IResult> ListAsync(HttpContext http, ListJobs list, IOptions<CoordinatorOptions> options, CancellationToken cancellation)
    {
        var paging = Paging.Of(http.Request, JobStatuses.All, cursor => JobId.TryParse(cursor, null, out _));
        return paging.Problem ?? Answers.Ok(await list.PageAsync(Tenancy.Of(http.Request, options.Value), paging, cancellation));
    }

    private static Task<IResult> GetAsync(string id, HttpContext http, GetJob getJob, IOptions<CoordinatorOptions> options, CancellationToken cancellation) =>
        WithIdAsync(id, async job => Answers.OkOr404(await getJob.FindAsync(job, Tenancy.Of(http.Request, options.Value), cancellation), NoJob(id)));

    private static Task<IResult> TasksAsync(string id, HttpContext http, GetJob getJob, ListTasks list, IOptions<CoordinatorOptions> options, CancellationToken cancellation) =>
        WithJobAsync(id, http, getJob, options, async job =>
        {
            var paging = Paging.Of(http.Request, TaskStatuses.All, cursor => int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out _));
            return paging.Problem ?? Answers.Ok(await list.PageAsync(job.Id, paging, cancellation));
        });

    private static Task<IResult> TaskAsync(string id, string index, HttpContext http, GetJob getJob, ListTasks list, IOptions<CoordinatorOptions> options, CancellationToken cancellation) =>
        WithJobAsync(id, http, getJob, options, async job =>
            Answers.OkOr404(TryIndex(index, out var place) ? await list.FindAsync(job.Id, place, cancellation) : null, NoTask(job, index)));

    private static Task<IResult> CancelAsync(string id, HttpContext http, CancelJob cancel, GetJob getJob, IOptions<CoordinatorOptions> options, CancellationToken cancellation) =>
        WithIdAsync(id, async job =>
        {
            var tenant = Tenancy.Of(http.Request, options.Value);
            await cancel.HandleAsync(job, tenant, cancellation);
            return Answers.OkOr404(await getJob.FindAsync(job, tenant, cancellation), NoJob(id));
        });

    private static Task<IResult> RetryAsync(string id, HttpContext http, RetryJob retry, IOptions<CoordinatorOptions> options, CancellationToken cancellation) =>
        WithIdAsync(id, job => retry.HandleAsync(job, Tenancy.Of(http.Request, options.Value), cancellation));

    private static Task<IResult> EventsAsync(string id, HttpContext http, GetJob getJob, JobProgressStream stream, IOptions<CoordinatorOptions> options) =>
        WithJobAsync(id, http, getJob, options, job => stream.HandleAsync(http, job));

    private static Task<IResult> ImageAsync(string id, string index, HttpContext http, GetJob getJob, GetImage getImage, IOptions<CoordinatorOptions> options) =>
        WithJobAsync(id, http, getJob, options, job => TryIndex(index, out var place)
            ? getImage.HandleAsync(http, job, place)
            : Task.FromResult<IResult>(Problems.NotFound(NoTask(job, index))));

    private static Task<IResult> WithIdAsync(string id, Func<JobId, Task<IResult>> answer) =>
        JobId.TryParse(id, null, out var job) ? answer(job) : Task.FromResult<IResult>(Problems.NotFound(NoJob(id)));

    private static Task<IResult> WithJobAsync(string id, HttpContext http, GetJob getJob, IOptions<CoordinatorOptions> options, Func<RenderJob, Task<IResult>> answer) =>
        WithIdAsync(id, async job => await getJob.RowAsync(job, Tenancy.Of(http.Request, options.Value), http.RequestAborted) is { } row
            ? await answer(row)
            : Problems.NotFound(NoJob(id)));

    private static bool TryIndex(string text, out int index) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);

    private static string NoJob(string id) => $"There is no job {Problems.Shorten(id)}.";

    private static string NoTask(RenderJob job, string index) => $"Job {job.Id} has no task {Problems.Shorten(index)}; its tasks are 0…{job.TasksTotal - 1}.";
}
