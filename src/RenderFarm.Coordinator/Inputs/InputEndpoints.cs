using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;

namespace RenderFarm.Coordinator.Inputs;

/// <summary>The routes of pictures that are sent in.</summary>
internal static class InputEndpoints
{
    public static void MapInputs(this IEndpointRouteBuilder routes)
    {
        var inputs = routes.MapGroup("/v1/inputs").WithTags("Inputs");
        inputs.MapPost("", (HttpContext http, UploadInput upload) => upload.HandleAsync(http))
            .WithName("UploadInput")
            .WithSummary("Send a picture in")
            .WithDescription(
                "Takes a PNG, JPEG or WebP picture of up to 4,194,304 pixels and 20,971,520 bytes, as the body itself or as the one file of a form. It is turned upright, laid " +
                "on white where it is transparent, and kept as a PNG without metadata under the digest of its pixels: the SHA-256 of the picture as a binary PPM file. Sending " +
                "the same pixels again changes nothing.")
            .TakesPicture()
            .Produces<InputView>(StatusCodes.Status201Created)
            .ProducesProblems(400, 413, 415, 422, 503);
        inputs.MapMethods("{digest}", [HttpMethods.Get, HttpMethods.Head], (HttpContext http, string digest, GetInput getInput) => getInput.HandleAsync(http, digest))
            .WithName("GetInput")
            .WithSummary("A picture that was sent in")
            .TakesHeader("If-None-Match", "The ETag of a copy at hand; 304 when it is still right, which it always is.")
            .Produces(StatusCodes.Status200OK, contentType: "image/png")
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblems(404);
    }
}
