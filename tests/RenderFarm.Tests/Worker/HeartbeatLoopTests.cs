using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Worker;
using RenderFarm.Worker.Devices;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class HeartbeatLoopTests
{
    private static readonly DeviceTraits Small = new("a profile", "cpu") { MemoryBytes = 1_000, PixelsPerImage = 262_144 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Announcement_says_what_holds_for_each_device_and_nothing_that_is_not_known_yet()
    {
        await using var bench = new WorkerBench(traits: Small);
        await bench.Heartbeats.StartAsync(Cancellation);

        var device = Assert.Single((await bench.SeeAsync<WorkerAnnounced>()).Capabilities.Devices);

        Assert.Equal(("cpu", DeterminismClasses.Reproducible, 1_000L, 262_144L), (device.Provider, device.Determinism, device.MemoryBytes, device.PixelsPerImage));
        Assert.Null(device.Resident);
        Assert.Null(device.Speeds);
        await bench.Heartbeats.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Checkpoint_that_was_loaded_and_the_speed_of_an_image_are_announced()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("a"), WorkerIdentity.Device);
        await bench.SeeAsync<AttemptSucceeded>();
        await bench.Heartbeats.StartAsync(Cancellation);

        var device = Assert.Single((await bench.SeeAsync<WorkerAnnounced>()).Capabilities.Devices);

        Assert.Equal([WorkerBench.Digest], device.Resident!);
        Assert.Equal(2, Assert.Single(device.Speeds!).Rows);
        await bench.Heartbeats.StopAsync(Cancellation);
    }

    [Fact]
    public async Task What_is_loaded_between_two_announcements_is_announced_with_the_next_beat()
    {
        await using var bench = new WorkerBench();
        await bench.Heartbeats.StartAsync(Cancellation);
        for (var beat = 0; beat < 5; beat++)
        {
            await bench.SeeAsync<WorkerHeartbeat>();
            bench.Heartbeats.Wake();
        }

        (await bench.Pipelines.UseAsync(WorkerBench.Digest, Cancellation)).Dispose();
        bench.Heartbeats.Wake();

        await bench.SeeAsync<WorkerAnnounced>(announced => announced.Capabilities.Devices[0].Resident is not null);
        await bench.Heartbeats.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Fast_device_hands_a_reproducible_attempt_of_a_former_life_back_and_renders_nothing()
    {
        await using var bench = new WorkerBench(traits: new DeviceTraits("a profile", "cpu") { Determinism = DeterminismClasses.Fast });
        bench.Runner.Take(WorkerBench.Command("a"), WorkerIdentity.Device);

        await bench.NextReportAsync<AttemptReturned>();
        Assert.Equal(0, bench.Loads);

        var fast = WorkerBench.Command("a", number: 2);
        bench.Runner.Take(fast with { Recipe = fast.Recipe with { Determinism = DeterminismClasses.Fast } }, WorkerIdentity.Device);
        await bench.SeeAsync<AttemptSucceeded>();
    }
}
