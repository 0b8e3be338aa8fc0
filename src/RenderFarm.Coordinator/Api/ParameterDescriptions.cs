using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;

namespace RenderFarm.Coordinator.Api;

/// <summary>Parameters that handlers read from the request themselves, so that errors can name them, in the OpenAPI document.</summary>
internal static class ParameterDescriptions
{
    /// <summary>Notes the query of a list.</summary>
    public static RouteHandlerBuilder TakesPaging(this RouteHandlerBuilder route, IReadOnlyList<string> statuses) => route
        .Takes("status", ParameterLocation.Query, "Only entries of this status.", new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = [.. statuses.Select(status => System.Text.Json.Nodes.JsonValue.Create(status))],
        })
        .Takes("limit", ParameterLocation.Query, "Most entries of the page.", new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Minimum = "1",
            Maximum = $"{Paging.MaxLimit}",
            Default = Paging.DefaultLimit,
        })
        .Takes("cursor", ParameterLocation.Query, "The next_cursor of the page before.", new OpenApiSchema { Type = JsonSchemaType.String });

    /// <summary>Notes a request header.</summary>
    public static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, string description) =>
        route.Takes(name, ParameterLocation.Header, description, new OpenApiSchema { Type = JsonSchemaType.String });

    /// <summary>
    /// Notes a body that is a picture, or a form with one. Told to the document alone: told to the router, it would refuse other media types before the
    /// handler could say which it takes.
    /// </summary>
    public static RouteHandlerBuilder TakesPicture(this RouteHandlerBuilder route) => route.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        var picture = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        var form = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = new Dictionary<string, IOpenApiSchema> { ["file"] = picture.Schema } };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["image/png"] = picture,
                ["image/jpeg"] = picture,
                ["image/webp"] = picture,
                ["multipart/form-data"] = new() { Schema = form },
            },
        };
        return Task.CompletedTask;
    });

    /// <summary>Notes a body of bytes, to the document alone as well.</summary>
    public static RouteHandlerBuilder TakesOctets(this RouteHandlerBuilder route) => route.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        var octets = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        operation.RequestBody = new OpenApiRequestBody { Required = true, Content = new Dictionary<string, OpenApiMediaType> { ["application/octet-stream"] = octets } };
        return Task.CompletedTask;
    });

    private static RouteHandlerBuilder Takes(this RouteHandlerBuilder route, string name, ParameterLocation place, string description, OpenApiSchema schema) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = place, Description = description, Schema = schema });
            return Task.CompletedTask;
        });
}
