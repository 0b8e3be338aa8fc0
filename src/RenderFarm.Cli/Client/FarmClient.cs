using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Client;

/// <summary>
/// The farm's HTTP API as methods. It is the only way this program talks to a farm, the one in this program included.
/// Requests that may be repeated safely are, a few times, when the farm says "not now" or the connection breaks.
/// </summary>
/// <exception cref="FarmApiException">The farm refused.</exception>
/// <exception cref="FarmUnreachableException">No farm answered.</exception>
internal sealed class FarmClient(HttpClient http, TimeProvider clock)
{
    private const int PageSize = 200;
    private readonly FarmRequests requests = new(http, clock);

    /// <summary>Submits a job. The key makes repeating it safe: the same key and the same request name the same job.</summary>
    public Task<JobView> SubmitAsync(SubmitJob job, string idempotencyKey, CancellationToken cancellationToken) =>
        requests.ReadAsync<JobView>(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, "v1/jobs") { Content = JsonContent.Create(job, options: ClientJson.Options) };
                request.Headers.Add("Idempotency-Key", idempotencyKey);
                return request;
            },
            cancellationToken);

    /// <summary>One job.</summary>
    public Task<JobView> GetJobAsync(JobId job, CancellationToken cancellationToken) => GetAsync<JobView>($"v1/jobs/{job}", cancellationToken);

    /// <summary>Cancels what of a job has not ended.</summary>
    public Task<JobView> CancelAsync(JobId job, CancellationToken cancellationToken) =>
        requests.ReadAsync<JobView>(() => new HttpRequestMessage(HttpMethod.Post, $"v1/jobs/{job}/cancel"), cancellationToken);

    /// <summary>Puts the failed images of a job back into the backlog.</summary>
    public Task<JobView> RetryAsync(JobId job, CancellationToken cancellationToken) =>
        requests.ReadAsync<JobView>(() => new HttpRequestMessage(HttpMethod.Post, $"v1/jobs/{job}/retry"), cancellationToken);

    /// <summary>Pauses a job or lets it go on.</summary>
    public Task<JobView> SetPausedAsync(JobId job, bool paused, CancellationToken cancellationToken) =>
        requests.ReadAsync<JobView>(() => new HttpRequestMessage(HttpMethod.Post, $"v1/jobs/{job}/{(paused ? "pause" : "resume")}"), cancellationToken);

    /// <summary>The workers that ever announced themselves, by name.</summary>
    public async Task<IReadOnlyList<WorkerView>> GetWorkersAsync(CancellationToken cancellationToken) =>
        (await GetAsync<Page<WorkerView>>("v1/workers", cancellationToken)).Items;

    /// <summary>Jobs, newest first.</summary>
    /// <param name="status">Only jobs of this status; null for all.</param>
    /// <param name="limit">At most so many, over as many pages as it takes.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public IAsyncEnumerable<JobView> ListJobsAsync(string? status, int limit, CancellationToken cancellationToken) =>
        ListAsync<JobView>("v1/jobs", status, limit, cancellationToken);

    /// <summary>The images of a job, by index.</summary>
    public IAsyncEnumerable<TaskView> ListTasksAsync(JobId job, string? status, CancellationToken cancellationToken) =>
        ListAsync<TaskView>($"v1/jobs/{job}/tasks", status, int.MaxValue, cancellationToken);

    /// <summary>The checkpoints that workers hold.</summary>
    public async Task<IReadOnlyList<CheckpointView>> GetCheckpointsAsync(CancellationToken cancellationToken) =>
        (await GetAsync<Page<CheckpointView>>("v1/checkpoints", cancellationToken)).Items;

    /// <summary>The file of one image.</summary>
    public Task<byte[]> GetImageAsync(JobId job, int index, CancellationToken cancellationToken) =>
        requests.ReadBytesAsync(string.Create(CultureInfo.InvariantCulture, $"v1/jobs/{job}/images/{index}"), cancellationToken);

    /// <summary>Sends a picture in. Repeating it is harmless: the same pixels have the same digest.</summary>
    public Task<InputView> UploadInputAsync(byte[] file, CancellationToken cancellationToken) => requests.ReadAsync<InputView>(
        () => new HttpRequestMessage(HttpMethod.Post, "v1/inputs")
        {
            // The farm tells the format by the first bytes; which of the three is said here does not matter.
            Content = new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } },
        },
        cancellationToken);

    /// <summary>True when the farm holds a picture.</summary>
    public async Task<bool> HasInputAsync(string digest, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await requests.SendOnceAsync(new HttpRequestMessage(HttpMethod.Head, $"v1/inputs/{digest}"), cancellationToken);
            return true;
        }
        catch (FarmApiException error) when (error.Status == 404)
        {
            return false;
        }
    }

    /// <summary>Opens the event stream of a job, once: the caller decides when to come back.</summary>
    /// <param name="job">The job.</param>
    /// <param name="lastEventId">The id of the last event seen, to get every one after it; null at first.</param>
    /// <param name="cancellationToken">Stops connecting.</param>
    public Task<HttpResponseMessage> OpenEventsAsync(JobId job, string? lastEventId, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"v1/jobs/{job}/events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        return requests.SendOnceAsync(request, cancellationToken);
    }

    private Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        requests.ReadAsync<T>(() => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    private async IAsyncEnumerable<T> ListAsync<T>(
        string path, string? status, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var query = string.Create(CultureInfo.InvariantCulture, $"{path}?limit={Math.Min(limit, PageSize)}")
                + (status is null ? "" : "&status=" + Uri.EscapeDataString(status))
                + (cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor));
            var page = await GetAsync<Page<T>>(query, cancellationToken);
            foreach (var item in page.Items.Take(limit))
            {
                limit--;
                yield return item;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null && limit > 0);
    }
}
