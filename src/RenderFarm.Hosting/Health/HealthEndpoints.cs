using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace RenderFarm.Hosting.Health;

/// <summary>Health of a process without an API: <c>/health/live</c> answers while the process lives, <c>/health/ready</c> while it can do its work.</summary>
public static class HealthEndpoints
{
    /// <summary>Adds both routes; an unready process answers 503 with the reasons.</summary>
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Json(new { status = "live" }));
        routes.MapGet("/health/ready", async (HttpContext http) =>
        {
            var readiness = ActivatorUtilities.CreateInstance<Readiness>(http.RequestServices);
            var away = await readiness.WhatIsAwayAsync(http.RequestAborted);
            return away.Count == 0
                ? Results.Json(new { status = "ready" })
                : Results.Json(new { status = "unready", reasons = away }, statusCode: StatusCodes.Status503ServiceUnavailable);
        });
        return routes;
    }
}
