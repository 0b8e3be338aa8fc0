using System.Globalization;
using Microsoft.AspNetCore.Http;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Images;

/// <summary><c>GET /v1/jobs/{id}/images/{index}</c>: the file as the worker stored it. It never changes, so it may be cached for ever.</summary>
internal sealed class GetImage(ListTasks tasks, IObjectStore store)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>Streams the image; 304 when the client has it, 409 when there is none yet or never will be.</summary>
    public async Task<IResult> HandleAsync(HttpContext http, RenderJob job, int index)
    {
        var task = await tasks.RowAsync(job, index, http.RequestAborted);
        if (task.Status is TaskStatuses.Failed or TaskStatuses.Canceled)
            return Problems.Conflict($"Task {index} is {task.Status} and has no image{(task.FailureDetail is { } why ? $": {why}" : ".")}");
        if (task.Status != TaskStatuses.Completed) return Problems.Conflict($"Task {index} is {task.Status}; its image is not finished yet.", RetryAfter);

        var etag = $"\"{task.Sha256}\"";
        http.Response.Headers.ETag = etag;
        http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        if (EntityTags.Matches(http.Request, etag)) return Results.StatusCode(StatusCodes.Status304NotModified);
        var stream = await store.OpenAsync(new ObjectKey(task.ObjectKey!), http.RequestAborted);
        return stream is null ? Missing(http, task) : new ImageResult(job, task, stream);
    }

    private static ProblemResult Missing(HttpContext http, RenderTask task)
    {
        http.Response.Headers.Remove("ETag");
        http.Response.Headers.CacheControl = "no-store";
        return Problems.Missing($"The object store no longer holds {task.ObjectKey}. Its recipe renders the same image again.");
    }

    private sealed class ImageResult(RenderJob job, RenderTask task, Stream content) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            await using var opened = content;
            var response = httpContext.Response;
            response.ContentType = ImageFormats.ContentType(job.Format);
            response.ContentLength = task.SizeBytes;
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers.ContentDisposition = string.Create(
                CultureInfo.InvariantCulture, $"inline; filename=\"{job.Id}-{task.Index:D6}.{ImageFormats.Extension(job.Format)}\"");
            if (!HttpMethods.IsHead(httpContext.Request.Method)) await opened.CopyToAsync(response.Body, httpContext.RequestAborted);
        }
    }
}
