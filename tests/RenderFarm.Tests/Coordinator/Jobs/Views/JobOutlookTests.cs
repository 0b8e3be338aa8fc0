using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs.Views;

public sealed class JobOutlookTests
{
    private static readonly IReadOnlyList<Competition> Alone = [new("default", Priorities.Normal, 1)];

    [Fact]
    public void Estimated_time_counts_the_devices_that_take_the_size_alone()
    {
        var (small, large) = (Job(1_000), Job(2_000));
        var outlook = new JobOutlook([Device("w", 9, 1_000), Device("v", 1, null)], Alone, false);

        Assert.Equal((10d, 100d), (outlook.EtaSeconds(small)!.Value, outlook.EtaSeconds(large)!.Value));
        Assert.Null(new JobOutlook([Device("w", 9, 1_000)], Alone, false).EtaSeconds(large));
    }

    [Fact]
    public void Estimated_time_of_a_reproducible_job_leaves_fast_devices_out()
    {
        var outlook = new JobOutlook([Device("w", 9, null, isFast: true), Device("v", 1, null)], Alone, false);

        Assert.Equal((100d, 10d), (outlook.EtaSeconds(Job(1))!.Value, outlook.EtaSeconds(Job(1, DeterminismClasses.Fast))!.Value));
    }

    [Fact]
    public void Job_that_is_too_large_for_every_device_says_so_and_what_is_taken()
    {
        var outlook = new JobOutlook([Device("w", 9, 262_144)], Alone, false);

        Assert.Null(outlook.WhyWaiting(Job(262_144)));
        Assert.Equal(
            "Its largest image has 1,048,576 pixels; the largest that an active worker with all it needs takes has 262,144, such as 512×512.",
            outlook.WhyWaiting(Job(1_048_576)));
    }

    private static RenderJob Job(long pixels, string determinism = DeterminismClasses.Reproducible) => AJob.With(100, determinism: determinism, pixels: pixels);

    private static DeviceLoad Device(string worker, double speed, long? pixels, bool isFast = false) => new()
    {
        Worker = worker,
        Device = "cpu",
        Slots = 4,
        Profile = "p",
        Speed = speed,
        IsMeasured = true,
        PixelsPerImage = pixels,
        IsFast = isFast,
        Checkpoints = new HashSet<string> { ScriptedWorker.Digest },
    };
}
