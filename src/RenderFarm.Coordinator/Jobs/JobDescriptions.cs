using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Jobs.Submission;
using RenderFarm.Coordinator.Jobs.Views;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>What the OpenAPI document says about the routes of jobs.</summary>
internal static class JobDescriptions
{
    public static void DescribeSubmit(this RouteHandlerBuilder route) => route
        .WithName("SubmitJob")
        .WithSummary("Submit a job")
        .WithDescription(
            "Accepts a job of one image or of a sweep. Settings that take one value or a list are swept over when a list is given; the images of a sweep are ordered by " +
            "prompt, sampler, steps, guidance scale, strength, seed, image, the last fastest. With the header Idempotency-Key the same request makes one job however often it is sent.")
        .Accepts<SubmitJob>("application/json")
        .TakesHeader(SubmitJobHandler.KeyHeader, "Names the request: sent again with the same body it answers 200 with the same job, with another body 422.")
        .Produces<JobView>(StatusCodes.Status202Accepted)
        .Produces<JobView>()
        .ProducesProblems(400, 413, 415, 422, 503);

    public static void DescribeList(this RouteHandlerBuilder route) => route
        .WithName("ListJobs")
        .WithSummary("List jobs, newest first")
        .TakesPaging(JobStatuses.All)
        .Produces<Page<JobView>>()
        .ProducesProblems(400);

    public static void DescribeGet(this RouteHandlerBuilder route) => route
        .WithName("GetJob")
        .WithSummary("One job with its counts")
        .Produces<JobView>()
        .ProducesProblems(404);

    public static void DescribeTasks(this RouteHandlerBuilder route) => route
        .WithName("ListTasks")
        .WithSummary("The images of a job by index")
        .TakesPaging(TaskStatuses.All)
        .Produces<Page<TaskView>>()
        .ProducesProblems(400, 404);

    public static void DescribeTask(this RouteHandlerBuilder route) => route
        .WithName("GetTask")
        .WithSummary("One image of a job with its recipe")
        .Produces<TaskView>()
        .ProducesProblems(404);

    public static void DescribeCancel(this RouteHandlerBuilder route) => route
        .WithName("CancelJob")
        .WithSummary("Cancel a job")
        .WithDescription("Ends the job at once and keeps the images it has. Repeating it, or canceling a job that has ended, changes nothing and shows the job as it is.")
        .Produces<JobView>()
        .ProducesProblems(404);

    public static void DescribeRetry(this RouteHandlerBuilder route) => route
        .WithName("RetryJob")
        .WithSummary("Try the failed images of a job again")
        .Produces<JobView>()
        .ProducesProblems(404, 409);

    public static void DescribePause(this RouteHandlerBuilder route) => route
        .WithName("PauseJob")
        .WithSummary("Pause a job")
        .WithDescription("Its queued images wait; running ones finish. Repeating it changes nothing.")
        .Produces<JobView>()
        .ProducesProblems(404, 409);

    public static void DescribeResume(this RouteHandlerBuilder route) => route
        .WithName("ResumeJob")
        .WithSummary("Let a paused job go on")
        .Produces<JobView>()
        .ProducesProblems(404, 409);

    public static void DescribeEvents(this RouteHandlerBuilder route) => route
        .WithName("JobEvents")
        .WithSummary("Follow a job by server-sent events")
        .WithDescription(
            "Without Last-Event-ID: job.snapshot, then what happens from now on. With it: every task that ended after that event, also after a restart of the server, then what " +
            "happens from now on. Events: task.progress (no id, may be lost), task.completed, task.failed, task.canceled, and last one of job.completed, job.failed, " +
            "job.canceled, which ends the stream. 204 when there is nothing left to come.")
        .TakesHeader("Last-Event-ID", "The id of the last event seen; browsers send it by themselves.")
        .Produces(StatusCodes.Status200OK, contentType: "text/event-stream")
        .Produces(StatusCodes.Status204NoContent)
        .ProducesProblems(400, 404);

    public static void DescribeImage(this RouteHandlerBuilder route) => route
        .WithName("GetImage")
        .WithTags("Images")
        .WithSummary("The file of a finished image")
        .TakesHeader("If-None-Match", "The ETag of a copy at hand; 304 when it is still right, which it always is.")
        .Produces(StatusCodes.Status200OK, contentType: "image/png", additionalContentTypes: ["image/jpeg", "image/webp"])
        .Produces(StatusCodes.Status304NotModified)
        .ProducesProblems(404, 409);
}
