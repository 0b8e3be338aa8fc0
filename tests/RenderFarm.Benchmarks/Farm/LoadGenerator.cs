using System.Net.Http.Json;
using Npgsql;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>Sends jobs over HTTP, as clients do, and writes each into the ledger first.</summary>
internal sealed class LoadGenerator(Uri farm, NpgsqlDataSource record, Ledger ledger, LoadOptions options) : IDisposable
{
    /// <summary>What every image is of.</summary>
    public const string Prompt = "a red circle on a white background";

    /// <summary>Header that says who asks.</summary>
    public const string TenantHeader = "X-Load-Tenant";

    // What is asked for lasts for seconds, and the cores are the farm's.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);
    private readonly HttpClient _client = new() { BaseAddress = farm };
    private readonly Random _random = new(1);
    private long _seed;
    private long _sent;

    /// <summary>Sends until the time is over; then waits until everything is done, or two minutes have passed.</summary>
    /// <param name="time">For how long to send.</param>
    /// <param name="drains">Whether it waits.</param>
    public async Task RunAsync(TimeSpan time, bool drains = true)
    {
        var (clock, begin) = (TimeProvider.System, TimeProvider.System.GetTimestamp());
        var next = TimeSpan.Zero;
        while (clock.GetElapsedTime(begin) < time)
        {
            if (options.Rate > 0)
            {
                next += TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) * options.JobImages / options.Rate);
                if (next - clock.GetElapsedTime(begin) is { Ticks: > 0 } wait) await Task.Delay(wait, clock);
            }
            else if (_sent - await CountAsync() > options.Outstanding - options.JobImages)
            {
                await Task.Delay(LookInterval, clock);
                continue;
            }

            await SendAsync($"tenant-{_sent / options.JobImages % options.Tenants}", options.JobImages);
        }

        var deadline = clock.GetTimestamp();
        while (drains && await CountAsync() < _sent && clock.GetElapsedTime(deadline) < TimeSpan.FromMinutes(2)) await Task.Delay(LookInterval, clock);
    }

    /// <summary>Sends one job and returns its line of the ledger.</summary>
    public async Task<LedgerEntry> SendAsync(string tenant, int images)
    {
        var entry = new LedgerEntry($"load-{_seed}", tenant, _seed, images, TimeProvider.System.GetUtcNow());
        (_seed, _sent) = (_seed + images, _sent + images);
        ledger.Asked(entry);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/jobs", UriKind.Relative))
        {
            Headers = { { "Idempotency-Key", entry.Key }, { TenantHeader, tenant } },
            Content = JsonContent.Create(
                new SubmitJob { Prompt = Prompt, Seed = entry.Seed, Images = images, Steps = options.Renderer == "null" ? 4 : null }, options: FarmJson.Options),
        };
        using var response = await _client.SendAsync(request);
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"The farm refused a job: {await response.Content.ReadAsStringAsync()}");
        ledger.Accepted(entry, (await response.Content.ReadFromJsonAsync<JobView>(FarmJson.Options))!.Id.Value);
        return entry;
    }

    /// <summary>Waits until all that was sent has ended.</summary>
    public async Task DoneAsync(TimeSpan interval)
    {
        while (await CountAsync() < _sent) await Task.Delay(interval, TimeProvider.System);
    }

    public void Dispose() => _client.Dispose();

    // Only says when to send more and when to stop waiting: the verdict reads every row.
    private async Task<long> CountAsync()
    {
        await using var command = record.CreateCommand("SELECT coalesce(sum(tasks_completed + tasks_failed + tasks_canceled), 0)::bigint FROM jobs");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
