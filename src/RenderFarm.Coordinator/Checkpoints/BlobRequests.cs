using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Coordinator.Api;

namespace RenderFarm.Coordinator.Checkpoints;

/// <summary>Pieces of checkpoints, in and out. What comes in is compared with its digest before anything is stored.</summary>
internal sealed class BlobRequests(CheckpointStore store) : IDisposable
{
    private const int MaxListed = 100_000;

    // Each is held whole until its digest is known: a quarter of a gigabyte at most.
    private readonly SemaphoreSlim _uploads = new(16);

    public async Task<IResult> MissingAsync(HttpContext http)
    {
        var body = await RequestBody.ReadAsync<BlobList>(http.Request);
        if (body.Value is not { } asked) return body.Problem!;
        if (asked.Sha256.Count > MaxListed) return Problems.Invalid(new FieldError("sha256", null, $"At most {MaxListed:N0} digests; {asked.Sha256.Count:N0} were given."));
        if (asked.Sha256.FirstOrDefault(sha256 => !CheckpointRules.IsSha256(sha256)) is { } wrong)
            return Problems.Invalid(new FieldError("sha256", Problems.Shorten(wrong), "Each is 64 lower-case hexadecimal digits."));
        return Answers.Ok(new BlobList(await store.MissingAsync([.. asked.Sha256], http.RequestAborted)));
    }

    public async Task<IResult> PutAsync(HttpContext http, string sha256)
    {
        if (!CheckpointRules.IsSha256(sha256)) return Problems.Invalid(new FieldError("sha256", Problems.Shorten(sha256), "64 lower-case hexadecimal digits."));
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = CheckpointManifest.BlobBytes;
        await _uploads.WaitAsync(http.RequestAborted);
        try
        {
            if (await ReadAsync(http.Request) is not { } content) return TooLarge();
            var given = Convert.ToHexStringLower(SHA256.HashData(content.Span));
            if (given != sha256)
                return Problems.Invalid(new FieldError("body", null, $"Its {content.Length:N0} bytes have the SHA-256 {given}. Send the bytes that {sha256} names; they may have been damaged on the way."));
            await store.PutBlobAsync(sha256, content, http.RequestAborted);
            return Results.NoContent();
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge();
        }
        finally
        {
            _uploads.Release();
        }
    }

    public async Task<IResult> GetAsync(HttpContext http, string sha256) =>
        CheckpointRules.IsSha256(sha256) && await store.OpenBlobAsync(sha256, http.RequestAborted) is { } stream
            ? Results.Stream(stream, "application/octet-stream")
            : Problems.NotFound($"There is no blob {Problems.Shorten(sha256)}. Manifests of checkpoints name those that there are.");

    /// <inheritdoc />
    public void Dispose() => _uploads.Dispose();

    private static ProblemResult TooLarge() => Problems.TooLarge($"A blob may have {CheckpointManifest.BlobBytes:N0} bytes. Cut the file into pieces of that size.");

    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > CheckpointManifest.BlobBytes) return null;
        // One byte more than there may be, so that a body without an announced length is seen to be too long.
        var buffer = new byte[(request.ContentLength ?? CheckpointManifest.BlobBytes) + 1];
        var read = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
        return read == buffer.Length ? null : buffer.AsMemory(0, read);
    }
}
