using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Telemetry;

/// <summary>
/// <c>/health/accepting</c>: whether this coordinator can take requests, which needs the record alone. What a load balancer asks: a farm without workers,
/// scaled to nothing or waiting for its broker, must still accept the job that brings them.
/// </summary>
internal static class Acceptance
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>Adds the route.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/health/accepting", AnswerAsync)
            .WithTags("Health").WithName("Accepting").WithSummary("Whether jobs are accepted").Produces<HealthView>().ProducesProblems(503);

    private static async Task<IResult> AnswerAsync(RecordStartup startup, FarmRecord record, CancellationToken cancellation)
    {
        if (!startup.IsMigrated) return Problems.Unavailable("The record is being migrated.", RetryAfter);
        var reached = await record.ReadAsync(db => db.Database.CanConnectAsync(cancellation), cancellation);
        return reached ? Answers.Ok(new HealthView("accepting")) : Problems.Unavailable("The record cannot be reached.", RetryAfter);
    }
}
