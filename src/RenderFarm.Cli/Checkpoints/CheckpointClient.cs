using System.Net.Http.Headers;
using System.Net.Http.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Contracts.Checkpoints;

namespace RenderFarm.Cli.Checkpoints;

/// <summary>The API's part about checkpoints in the store. Every request may be repeated, and is when a passing obstacle was met.</summary>
/// <exception cref="FarmApiException">The farm refused.</exception>
/// <exception cref="FarmUnreachableException">No farm answered.</exception>
internal sealed class CheckpointClient(HttpClient http, TimeProvider clock)
{
    private readonly FarmRequests requests = new(http, clock);

    /// <summary>Those of these blobs that the farm has not got.</summary>
    public async Task<IReadOnlyList<string>> MissingAsync(IReadOnlyList<string> sha256, CancellationToken cancellation) => (await requests.ReadAsync<BlobList>(
        () => new HttpRequestMessage(HttpMethod.Post, "v1/blobs/missing") { Content = JsonContent.Create(new BlobList(sha256), options: ClientJson.Options) }, cancellation)).Sha256;

    /// <summary>Sends a blob.</summary>
    public Task PutBlobAsync(string sha256, byte[] content, CancellationToken cancellation) => requests.SendAsync(
        () => new HttpRequestMessage(HttpMethod.Put, $"v1/blobs/{sha256}")
        {
            Content = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
        },
        cancellation);

    /// <summary>Gives a name to a checkpoint whose blobs were sent.</summary>
    public Task<StoredCheckpointView> PublishAsync(string name, CheckpointManifest manifest, CancellationToken cancellation) => requests.ReadAsync<StoredCheckpointView>(
        () => new HttpRequestMessage(HttpMethod.Put, PathOf(name)) { Content = JsonContent.Create(manifest, options: ClientJson.Options) }, cancellation);

    /// <summary>The files of a stored checkpoint.</summary>
    public Task<CheckpointManifest> ManifestAsync(string model, CancellationToken cancellation) =>
        requests.ReadAsync<CheckpointManifest>(() => new HttpRequestMessage(HttpMethod.Get, PathOf(model) + "/manifest"), cancellation);

    /// <summary>A blob.</summary>
    public async Task<Stream?> OpenBlobAsync(string sha256, CancellationToken cancellation)
    {
        try
        {
            return new MemoryStream(await requests.ReadBytesAsync($"v1/blobs/{sha256}", cancellation), writable: false);
        }
        catch (FarmApiException error) when (error.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Removes a name.</summary>
    public Task RemoveAsync(string model, CancellationToken cancellation) =>
        requests.SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, PathOf(model)), cancellation);

    private static string PathOf(string model) => $"v1/checkpoints/{Uri.EscapeDataString(model)}";
}
