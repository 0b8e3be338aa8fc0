using System.Net.Http.Json;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Farm;
using Xunit;

namespace RenderFarm.IntegrationTests.Checkpoints;

/// <summary>One worker with two engines on the CPU: each has its queue, and their images do not differ.</summary>
public sealed class SeveralDevicesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_devices_of_one_worker_share_a_job_and_give_the_same_bytes()
    {
        await using var farm = await RemoteFarm.StartAsync(_folder.Path, worker => (worker.Devices, worker.Slots, worker.Threads) = ("cpu:0,cpu:1", 1, 1));
        await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "demo");
        // The same recipe many times over: whichever device makes it.
        var job = await farm.Client.SubmitAsync(new SubmitJob { Model = "demo", Prompt = Enumerable.Repeat("a red circle", 12).ToArray(), Seed = 3, Steps = 2 }, Cancellation);
        Assert.Equal("completed", (await farm.Client.EndAsync(job.Id, Cancellation)).Status);

        var tasks = await farm.Client.TasksAsync(job.Id, Cancellation);
        Assert.Single(tasks.Select(task => task.Sha256).Distinct());
        var worker = Assert.Single((await farm.Client.GetFromJsonAsync<Page<WorkerView>>("/v1/workers", FarmJson.Options, Cancellation))!.Items);
        Assert.Equal(["cpu0", "cpu1"], worker.Devices.Select(device => device.Device));
        Assert.All(worker.Devices, device => Assert.Equal(("cpu", "reproducible", true, null), (device.Provider, device.Determinism, device.MemoryBytes > 0, device.PixelsPerImage)));
        // A device without an image has no speed but the least.
        Assert.All(worker.Devices, device => Assert.True(device.PixelStepsPerSecond > 1, device.ToString()));
    }
}
