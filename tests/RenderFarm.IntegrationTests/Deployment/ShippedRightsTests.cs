using RenderFarm.Contracts.Api;
using RenderFarm.Testing;
using RenderFarm.Testing.Farm;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

/// <summary>The two programs with the broker's users and rights that the compose file gives them: nothing they do may want more.</summary>
public sealed class ShippedRightsTests : IAsyncLifetime
{
    private readonly string _bucket = S3Service.NewBucketName();
    private ShippedBroker? _broker;
    private S3Service? _store;
    private string? _record;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await ShippedBroker.StartAsync(Cancellation);
        _store = await S3Service.SharedAsync();
        _record = await PostgresService.NewDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Coordinator_and_worker_render_cancel_and_stop_with_the_rights_that_are_shipped()
    {
        await using var coordinator = await FarmMember.StartAsync("Coordinator", [.. SettingsOf("coordinator"), ("Record:Connection", _record!)], Cancellation);
        await using var worker = await StartWorkerAsync();
        await ReadyAsync(coordinator);
        await ReadyAsync(worker);

        var job = await coordinator.Client.SubmitAsync(new SubmitJob { Prompt = "nothing at all", Images = 3, Seed = 7 }, Cancellation);
        Assert.Equal("completed", (await coordinator.Client.EndAsync(job.Id, Cancellation)).Status);
        Assert.NotEmpty(await coordinator.Client.GetByteArrayAsync($"/v1/jobs/{job.Id}/images/2", Cancellation));

        // A cancel goes to the worker's control queue while it renders.
        var endless = await coordinator.Client.SubmitAsync(new SubmitJob { Prompt = "nothing for long", Images = 100, Seed = 7 }, Cancellation);
        while ((await coordinator.Client.JobAsync(endless.Id, Cancellation)).Tasks.Running == 0) Cancellation.ThrowIfCancellationRequested();
        using (var canceled = await coordinator.Client.PostAsync($"/v1/jobs/{endless.Id}/cancel", null, Cancellation)) canceled.EnsureSuccessStatusCode();
        Assert.Equal("canceled", (await coordinator.Client.EndAsync(endless.Id, Cancellation)).Status);

        // A second life finds its queues, empties them, and is found.
        Assert.Equal(0, await worker.StopAsync(Cancellation));
        await using var again = await StartWorkerAsync();
        await ReadyAsync(again);
        var last = await coordinator.Client.SubmitAsync(new SubmitJob { Prompt = "nothing again", Images = 1, Seed = 8 }, Cancellation);
        Assert.Equal("completed", (await coordinator.Client.EndAsync(last.Id, Cancellation)).Status);

        Assert.All(await Task.WhenAll(again.StopAsync(Cancellation), coordinator.StopAsync(Cancellation)), code => Assert.Equal(0, code));
        Assert.All([coordinator, worker, again], member => Assert.DoesNotContain("ACCESS_REFUSED", member.Log, StringComparison.OrdinalIgnoreCase));
    }

    private Task<FarmMember> StartWorkerAsync() => FarmMember.StartAsync(
        "Worker",
        [
            .. SettingsOf("worker"), ("Worker:Name", "one"), ("Worker:Checkpoints:0", Repository.DemoCheckpoint), ("Worker:Device", "cpu"),
            ("Worker:Renderer", "null"), ("Worker:NullImageTime", "00:00:00.2"),
        ],
        Cancellation);

    private IEnumerable<(string Key, string Value)> SettingsOf(string role) =>
    [
        ("Bus:Connection", _broker!.Address(role)), ("Store:Endpoint", _store!.Endpoint.ToString()), ("Store:Bucket", _bucket),
        ("Store:AccessKey", _store.AccessKey), ("Store:SecretKey", _store.SecretKey),
    ];

    private static async Task ReadyAsync(FarmMember member)
    {
        while (true)
        {
            using var answer = await member.Client.GetAsync("/health/ready", Cancellation);
            if (answer.IsSuccessStatusCode) return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }
    }
}
