using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Api;

/// <summary>Problems in the OpenAPI document.</summary>
internal static class ProblemDescriptions
{
    /// <summary>Notes the problem statuses a route may answer with.</summary>
    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses) route.Produces<Problem>(status, ProblemResult.MediaType);
        return route.Produces<Problem>(StatusCodes.Status500InternalServerError, ProblemResult.MediaType);
    }
}
