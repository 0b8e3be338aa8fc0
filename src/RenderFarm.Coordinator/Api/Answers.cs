using Microsoft.AspNetCore.Http;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Api;

/// <summary>Answers in the API's JSON.</summary>
internal static class Answers
{
    /// <summary>200 with a value.</summary>
    public static IResult Ok<T>(T value) => Results.Json(value, FarmJson.Options);

    /// <summary>The same answer with a Location header.</summary>
    public static IResult WithLocation(this IResult result, string location) => new Located(result, location);

    private sealed class Located(IResult result, string location) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.Location = location;
            return result.ExecuteAsync(httpContext);
        }
    }
}
