using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Testing.Farm;

/// <summary>The farm's HTTP interface as a test uses it.</summary>
public static class FarmHttp
{
    public static async Task<JobView> SubmitAsync(this HttpClient farm, SubmitJob job, CancellationToken cancellation, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = JsonContent.Create(job, options: FarmJson.Options) };
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var response = await farm.SendAsync(request, cancellation);
        var body = await response.Content.ReadAsStringAsync(cancellation);
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"{(int)response.StatusCode}: {body}");
        return System.Text.Json.JsonSerializer.Deserialize<JobView>(body, FarmJson.Options)!;
    }

    public static async Task<JobView> JobAsync(this HttpClient farm, JobId job, CancellationToken cancellation) =>
        (await farm.GetFromJsonAsync<JobView>($"/v1/jobs/{job}", FarmJson.Options, cancellation))!;

    /// <summary>Every task, over all pages.</summary>
    public static async Task<IReadOnlyList<TaskView>> TasksAsync(this HttpClient farm, JobId job, CancellationToken cancellation)
    {
        List<TaskView> tasks = [];
        string? cursor = null;
        do
        {
            var page = (await farm.GetFromJsonAsync<Page<TaskView>>(
                $"/v1/jobs/{job}/tasks?limit=100{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", FarmJson.Options, cancellation))!;
            tasks.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return tasks;
    }

    /// <summary>The events of a job until its last, or until the caller stops.</summary>
    public static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        this HttpClient farm, JobId job, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{job}/events");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await farm.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellation)) yield return item;
    }

    /// <summary>Waits for the job's end by its events.</summary>
    public static async Task<JobView> EndAsync(this HttpClient farm, JobId job, CancellationToken cancellation)
    {
        await foreach (var item in farm.EventsAsync(job, lastEventId: null, cancellation))
        {
            if (item.EventType is JobEventNames.JobCompleted or JobEventNames.JobFailed or JobEventNames.JobCanceled) break;
        }

        return await farm.JobAsync(job, cancellation);
    }
}
