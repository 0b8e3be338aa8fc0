using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>The routes by which people steer workers and the farm.</summary>
internal static class FarmEndpoints
{
    public static void MapFarm(this IEndpointRouteBuilder routes)
    {
        var worker = routes.MapGroup("/v1/workers/{name}").WithTags("Farm");
        worker.MapPost("drain", DrainAsync).Describe("DrainWorker", "Give a worker no more; it finishes what it holds");
        worker.MapPost("resume", ResumeAsync).Describe("ResumeWorker", "Give a drained worker work again");
        worker.MapPost("release", ReleaseAsync).Describe("ReleaseWorker", "End a worker's quarantine");

        var farm = routes.MapGroup("/v1/farm").WithTags("Farm");
        farm.MapGet("", ShowAsync).WithName("GetFarm").WithSummary("Whether the farm runs").Produces<FarmView>().ProducesProblems();
        farm.MapPost("pause", (FarmControl control, CancellationToken cancellation) => SetPausedAsync(control, true, cancellation))
            .WithName("PauseFarm").WithSummary("Let every queued image wait; running ones finish").Produces<FarmView>().ProducesProblems();
        farm.MapPost("resume", (FarmControl control, CancellationToken cancellation) => SetPausedAsync(control, false, cancellation))
            .WithName("ResumeFarm").WithSummary("Let the farm go on").Produces<FarmView>().ProducesProblems();
    }

    private static void Describe(this RouteHandlerBuilder route, string name, string summary) => route
        .WithName(name)
        .WithSummary(summary)
        .Produces(StatusCodes.Status204NoContent)
        .ProducesProblems(StatusCodes.Status404NotFound);

    private static async Task<IResult> DrainAsync(string name, FarmControl control, CancellationToken cancellation) =>
        Answer(name, await control.DrainAsync(name, cancellation));

    private static async Task<IResult> ResumeAsync(string name, FarmControl control, CancellationToken cancellation) =>
        Answer(name, await control.ResumeAsync(name, cancellation));

    private static async Task<IResult> ReleaseAsync(string name, FarmControl control, CancellationToken cancellation) =>
        Answer(name, await control.ReleaseAsync(name, cancellation));

    private static IResult Answer(string name, bool found) =>
        found ? Results.NoContent() : Problems.NotFound($"There is no worker {name}.");

    private static async Task<IResult> ShowAsync(FarmRecord record, CancellationToken cancellation) =>
        Answers.Ok(new FarmView(await record.ReadAsync(db => FarmControl.PausedAtAsync(db, cancellation), cancellation)));

    private static async Task<IResult> SetPausedAsync(FarmControl control, bool paused, CancellationToken cancellation) =>
        Answers.Ok(new FarmView(await control.SetPausedAsync(paused, cancellation)));
}
