using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Images;
using RenderFarm.Coordinator.Jobs.Submission;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>The route table of jobs, and nothing else.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/jobs").WithTags("Jobs");
        jobs.MapPost("", (HttpContext http, SubmitJobHandler submit) => submit.HandleAsync(http, http.RequestAborted)).DescribeSubmit();
        jobs.MapGet("", ListAsync).DescribeList();
        jobs.MapGet("{id}", ([AsParameters] JobRequest request) => request.ByIdAsync(request.ShowAsync)).DescribeGet();
        jobs.MapGet("{id}/tasks", TasksAsync).DescribeTasks();
        jobs.MapGet("{id}/tasks/{index}", TaskAsync).DescribeTask();
        jobs.MapPost("{id}/cancel", CancelAsync).DescribeCancel();
        jobs.MapPost("{id}/retry", RetryAsync).DescribeRetry();
        jobs.MapPost("{id}/pause", ([AsParameters] JobRequest request, PauseJob pause) => request.ByIdAsync(job =>
            pause.HandleAsync(job, request.Tenant, true, request.Cancellation))).DescribePause();
        jobs.MapPost("{id}/resume", ([AsParameters] JobRequest request, PauseJob pause) => request.ByIdAsync(job =>
            pause.HandleAsync(job, request.Tenant, false, request.Cancellation))).DescribeResume();
        jobs.MapGet("{id}/events", EventsAsync).DescribeEvents();
        jobs.MapMethods("{id}/images/{index}", [HttpMethods.Get, HttpMethods.Head], ImageAsync).DescribeImage();
    }

    private static async Task<IResult> ListAsync(HttpContext http, ListJobs list, IOptions<CoordinatorOptions> options)
    {
        var paging = Paging.Of(http.Request, JobStatuses.All, cursor => JobId.TryParse(cursor, null, out _));
        return paging.Problem ?? Answers.Ok(await list.PageAsync(Tenancy.Of(http.Request, options.Value), paging, http.RequestAborted));
    }

    private static Task<IResult> TasksAsync([AsParameters] JobRequest request, ListTasks list) => request.ByRowAsync(async job =>
    {
        var paging = Paging.Of(request.Http.Request, TaskStatuses.All, cursor => int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return paging.Problem ?? Answers.Ok(await list.PageAsync(job, paging, request.Cancellation));
    });

    private static Task<IResult> TaskAsync([AsParameters] JobRequest request, string index, ListTasks list) =>
        request.ByTaskAsync(index, async (job, place) => Answers.Ok(await list.FindAsync(job, place, request.Cancellation)));

    private static Task<IResult> CancelAsync([AsParameters] JobRequest request, CancelJob cancel) => request.ByIdAsync(async job =>
    {
        await cancel.HandleAsync(job, request.Tenant, request.Cancellation);
        return await request.ShowAsync(job);
    });

    private static Task<IResult> RetryAsync([AsParameters] JobRequest request, RetryJob retry) =>
        request.ByIdAsync(job => retry.HandleAsync(job, request.Tenant, request.Cancellation));

    private static Task<IResult> EventsAsync([AsParameters] JobRequest request, JobProgressStream stream) =>
        request.ByRowAsync(job => stream.HandleAsync(request.Http, job));

    private static Task<IResult> ImageAsync([AsParameters] JobRequest request, string index, GetImage getImage) =>
        request.ByTaskAsync(index, (job, place) => getImage.HandleAsync(request.Http, job, place));
}
