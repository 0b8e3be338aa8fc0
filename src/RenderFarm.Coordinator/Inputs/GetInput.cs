using Microsoft.AspNetCore.Http;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Api;

namespace RenderFarm.Coordinator.Inputs;

/// <summary><c>GET /v1/inputs/{digest}</c>: the picture as we keep it. Its pixels are what the digest says, so it may be cached for ever.</summary>
internal sealed class GetInput(InputStore inputs)
{
    /// <summary>Streams the PNG; 304 when the client has it.</summary>
    public async Task<IResult> HandleAsync(HttpContext http, string digest)
    {
        if (!InputDigest.IsWellFormed(digest) || await inputs.BytesAsync(digest, http.RequestAborted) is not { } length) return NotFound(digest);
        var etag = $"\"{digest}\"";
        if (EntityTags.Matches(http.Request, etag)) return new PictureResult(null, etag, length);
        return await inputs.OpenAsync(digest, http.RequestAborted) is { } stream ? new PictureResult(stream, etag, length) : NotFound(digest);
    }

    private static ProblemResult NotFound(string digest) =>
        Problems.NotFound($"There is no input {Problems.Shorten(digest)}. A digest is sha256: and 64 lower-case hexadecimal digits; POST /v1/inputs answers with it.");

    private sealed class PictureResult(Stream? content, string etag, long length) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.Headers.ETag = etag;
            response.Headers.CacheControl = "private, max-age=31536000, immutable";
            if (content is null)
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }

            await using var opened = content;
            response.ContentType = ImageFormats.ContentType(ImageFormats.Png);
            response.ContentLength = length;
            response.Headers.XContentTypeOptions = "nosniff";
            if (!HttpMethods.IsHead(httpContext.Request.Method)) await opened.CopyToAsync(response.Body, httpContext.RequestAborted);
        }
    }
}
