using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Hosting.Health;

namespace RenderFarm.Coordinator.Api;

/// <summary><c>/health/live</c>: the server answers. <c>/health/ready</c>: it can turn a job into images, or says why not.</summary>
internal sealed class FarmHealth(RecordStartup startup, IEnumerable<IReadiness> parts, FarmRecord record, TimeProvider clock)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>Adds both routes.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Answers.Ok(new HealthView("live")))
            .WithTags("Health").WithName("Live").WithSummary("Whether the server answers").Produces<HealthView>();
        routes.MapGet("/health/ready", (FarmHealth health, CancellationToken cancellation) => health.ReadyAsync(cancellation))
            .WithTags("Health").WithName("Ready").WithSummary("Whether jobs can become images").Produces<HealthView>().ProducesProblems(503);
    }

    private async Task<IResult> ReadyAsync(CancellationToken cancellation)
    {
        var reasons = new List<string>();
        if (!startup.IsMigrated) reasons.Add("The record is being migrated.");
        reasons.AddRange(await new Readiness(parts, clock).WhatIsAwayAsync(cancellation));
        if (startup.IsMigrated && !await record.ReadAsync(db => db.Workers.AnyAsync(worker => worker.Status == WorkerStatuses.Active, cancellation), cancellation))
            reasons.Add("No worker is active.");
        return reasons.Count == 0 ? Answers.Ok(new HealthView("ready")) : Problems.Unavailable(string.Join(' ', reasons), RetryAfter);
    }
}

/// <summary>A health answer.</summary>
/// <param name="Status">live or ready.</param>
internal sealed record HealthView(string Status);
