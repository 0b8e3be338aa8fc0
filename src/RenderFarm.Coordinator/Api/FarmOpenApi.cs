using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using RenderFarm.Contracts;
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
        services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "RenderFarm",
                    Version = "v1",
                    Description = "Prompts become images. An image is a pure function of its recipe.",
                };
                // The address it happens to be served at is no part of the contract.
                document.Servers = [];
                return Task.CompletedTask;
            });
            options.AddSchemaTransformer(DescribeAsync);
        });
    }

    public static void MapFarmOpenApi(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi();
        // The page is this farm's alone: nothing of it calls, or leads to, a service of somebody else.
        routes.MapScalarApiReference("/reference", options => options
            .WithTitle("RenderFarm API").DisableDefaultFonts().DisableAgent().DisableMcp().DisableTelemetry().HideDeveloperTools().HideClientButton());
    }

    private static async Task DescribeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(JobId))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "uuid");
            schema.Examples = ["01990000-0000-7000-8000-000000000000"];
        }
        else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(OneOrMany<>))
        {
            var one = await context.GetOrCreateSchemaAsync(type.GetGenericArguments()[0], null, cancellation);
            schema.OneOf = [one, new OpenApiSchema { Type = JsonSchemaType.Array, Items = one }];
        }
        else if (type == typeof(SubmitJob))
        {
            schema.Examples = [JsonNode.Parse("""
                {
                  "prompt": ["a red fox in snow", "a blue heron at dawn"], "images": 4, "seed": 7, "steps": [20, 30],
                  "sampler": "DPM++ 2M Karras", "guidance_scale": 7.5, "label": "first sweep"
                }
                """)!];
        }
    }
}
