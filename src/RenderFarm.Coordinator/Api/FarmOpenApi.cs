using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts.Api;
using Scalar.AspNetCore;

namespace RenderFarm.Coordinator.Api;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c> and a page to read it at <c>/reference</c>.</summary>
internal static class FarmOpenApi
{
    public static void AddFarmOpenApi(this IServiceCollection services)
    {
        // The document is made with the conventions that the API writes with.
        services.ConfigureHttpJsonOptions(json => FarmJson.Create(json.SerializerOptions));
        services.AddOpenApi("v1");
    }

    public static void MapFarmOpenApi(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi();
        routes.MapScalarApiReference("/reference", options => options.WithTitle("RenderFarm API").DisableDefaultFonts());
    }
}
