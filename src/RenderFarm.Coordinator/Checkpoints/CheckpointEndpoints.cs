using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Coordinator.Api;

namespace RenderFarm.Coordinator.Checkpoints;

/// <summary>The routes of checkpoints in the store: clients need no key of it.</summary>
internal static class CheckpointEndpoints
{
    public static void MapCheckpoints(this IEndpointRouteBuilder routes)
    {
        var blobs = routes.MapGroup("/v1/blobs").WithTags("Checkpoints");
        blobs.MapPost("missing", (HttpContext http, BlobRequests requests) => requests.MissingAsync(http))
            .WithName("ListMissingBlobs").WithSummary("Which of these blobs have to be sent")
            .Accepts<BlobList>("application/json").Produces<BlobList>().ProducesProblems(400, 415, 503);
        blobs.MapPut("{sha256}", (HttpContext http, string sha256, BlobRequests requests) => requests.PutAsync(http, sha256))
            .WithName("PutBlob").WithSummary("Send a piece of a checkpoint's file")
            .WithDescription(
                "The body is the piece, up to 16,777,216 bytes, and the path its SHA-256: what does not match is refused and not stored. Sending a piece again changes nothing.")
            .TakesOctets()
            .Produces(StatusCodes.Status204NoContent).ProducesProblems(400, 413, 503);
        blobs.MapMethods("{sha256}", [HttpMethods.Get, HttpMethods.Head], (HttpContext http, string sha256, BlobRequests requests) => requests.GetAsync(http, sha256))
            .WithName("GetBlob").WithSummary("A piece of a checkpoint's file")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblems(404, 503);

        var checkpoints = routes.MapGroup("/v1/checkpoints/{model}").WithTags("Checkpoints");
        checkpoints.MapPut("", (HttpContext http, string model, CheckpointRequests requests) => requests.PublishAsync(http, model))
            .WithName("PublishCheckpoint").WithSummary("Give a name to a checkpoint whose blobs were sent")
            .WithDescription("The name stands for this revision from now on, for jobs to come; those that were submitted keep theirs.")
            .Accepts<CheckpointManifest>("application/json").Produces<StoredCheckpointView>(StatusCodes.Status201Created).ProducesProblems(400, 409, 413, 415, 503);
        checkpoints.MapGet("manifest", (HttpContext http, string model, CheckpointRequests requests) => requests.ManifestAsync(http, model))
            .WithName("GetCheckpointManifest").WithSummary("The files of a stored checkpoint")
            .Produces<CheckpointManifest>().ProducesProblems(404, 503);
        checkpoints.MapDelete("", (HttpContext http, string model, CheckpointRequests requests) => requests.RemoveAsync(http, model))
            .WithName("RemoveCheckpoint").WithSummary("Remove a name, and with its last name a revision and what no other one uses")
            .WithDescription("Workers that hold it keep it, and go on rendering with it until they need its place.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblems(404, 503);
    }
}
