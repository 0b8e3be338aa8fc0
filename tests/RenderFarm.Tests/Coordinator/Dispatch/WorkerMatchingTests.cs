using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Workers;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Dispatch;

public sealed class WorkerMatchingTests
{
    private static readonly RenderNeeds Free = new("c", DeterminismClasses.Reproducible, null);

    [Fact]
    public void Device_without_the_checkpoint_is_never_chosen() =>
        Assert.Null(WorkerMatching.Choose([Device("w", checkpoints: "other")], Free, null, _ => true));

    [Fact]
    public void Device_without_the_upscaler_is_never_chosen()
    {
        DeviceLoad[] devices = [Device("fast", speed: 100), Device("able", upscalers: "u"), Device("other", checkpoints: "other", upscalers: "u")];

        Assert.Equal("able", WorkerMatching.Choose(devices, Free with { Upscaler = "u" }, null, _ => true)!.Worker);
        Assert.Null(WorkerMatching.Choose([devices[0], devices[2]], Free with { Upscaler = "u" }, null, _ => true));
        Assert.Equal("fast", WorkerMatching.Choose(devices, Free, null, _ => true)!.Worker);
    }

    [Theory]
    [InlineData("c", "", "No active worker holds the upscaler u.")]
    [InlineData("other", "u", "No active worker holds both the checkpoint c and the upscaler u.")]
    [InlineData("other,*", "u", "No active worker holds both the checkpoint c and the upscaler u yet; one that holds the upscaler fetches the checkpoint if the farm's store has it.")]
    [InlineData("c", "u", null)]
    public void Reason_for_waiting_names_the_upscaler_that_is_missing(string checkpoints, string upscalers, string? reason) =>
        Assert.Equal(reason, WorkerMatching.WhyWaiting([Device("w"), Device("v", checkpoints: checkpoints, upscalers: upscalers)], Free with { Upscaler = "u" }));

    [Fact]
    public void Device_that_would_be_done_first_is_chosen()
    {
        var busy = Device("busy", speed: 100);
        busy.Add(1, 1_000);

        Assert.Equal("idle", WorkerMatching.Choose([busy, Device("idle", speed: 10)], Free, null, _ => true)!.Worker);
    }

    [Fact]
    public void Worker_it_failed_on_is_avoided_even_if_it_must_wait_for_another()
    {
        var (failed, full) = (Device("failed"), Device("full"));

        Assert.Null(WorkerMatching.Choose([failed, full], Free, "failed", device => device == failed));
    }

    [Fact]
    public void Worker_it_failed_on_is_taken_when_it_is_the_only_one() =>
        Assert.Equal("failed", WorkerMatching.Choose([Device("failed"), Device("w", checkpoints: "other")], Free, "failed", _ => true)!.Worker);

    [Fact]
    public void Free_reproducible_job_leaves_the_profile_of_the_worker_it_failed_on_when_another_profile_can_take_it()
    {
        DeviceLoad[] devices = [Device("a", "p1", 100), Device("b", "p2", 70)];

        Assert.Equal("b", WorkerMatching.Choose(devices, Free, "a", _ => true)!.Worker);
        Assert.Null(WorkerMatching.Choose(devices, Free, "a", device => device.Worker == "a"));
        Assert.Equal("c", WorkerMatching.Choose([.. devices, Device("c", "p1", 10)], Free, "a", _ => true)!.Worker);
        // A pin is a pin, and a profile that is many times slower is not worth it.
        Assert.Equal("a", WorkerMatching.Choose(devices, Free with { Profile = "p1" }, "a", _ => true)!.Worker);
        Assert.Equal("a", WorkerMatching.Choose([devices[0], Device("slow", "p2", 20)], Free, "a", _ => true)!.Worker);
    }

    [Fact]
    public void Pinned_job_stays_on_its_profile() =>
        Assert.Equal("b", WorkerMatching.Choose([Device("a", "p1", 100), Device("b", "p2")], Free with { Profile = "p2" }, null, _ => true)!.Worker);

    [Fact]
    public void Free_reproducible_job_goes_where_most_speed_of_one_profile_is()
    {
        DeviceLoad[] devices = [Device("a", "p1", 100), Device("b", "p2", 70), Device("c", "p2", 70)];

        Assert.Equal("p2", WorkerMatching.Choose(devices, Free, null, _ => true)!.Profile);
        Assert.Equal("a", WorkerMatching.Choose(devices, Free with { Determinism = DeterminismClasses.Fast }, null, _ => true)!.Worker);
    }

    [Fact]
    public void Free_reproducible_job_takes_a_profile_with_room_before_the_fastest_that_is_full()
    {
        DeviceLoad[] devices = [Device("a", "p1", 100), Device("b", "p2", 70)];

        Assert.Equal("b", WorkerMatching.Choose(devices, Free, null, device => device.Profile == "p2")!.Worker);
    }

    [Fact]
    public void Free_reproducible_job_waits_rather_than_stay_with_a_profile_that_is_many_times_slower()
    {
        DeviceLoad[] devices = [Device("a", "p1", 100), Device("b", "p2", 20)];

        Assert.Null(WorkerMatching.Choose(devices, Free, null, device => device.Profile == "p2"));
    }

    [Fact]
    public void Device_whose_limit_is_below_the_image_is_never_chosen_and_one_at_its_limit_is()
    {
        DeviceLoad[] devices = [Device("fast", speed: 100, pixels: 262_143), Device("able", pixels: 262_144)];

        Assert.Equal("able", WorkerMatching.Choose(devices, Free with { Pixels = 262_144 }, null, _ => true)!.Worker);
        Assert.Null(WorkerMatching.Choose(devices, Free with { Pixels = 262_145 }, null, _ => true));
        Assert.Equal("fast", WorkerMatching.Choose(devices, Free with { Pixels = 64 }, null, _ => true)!.Worker);
    }

    [Fact]
    public void Job_of_unknown_size_is_for_every_device() =>
        Assert.NotNull(WorkerMatching.Choose([Device("w", pixels: 1)], Free, null, _ => true));

    [Fact]
    public void Reproducible_job_avoids_a_fast_device_and_a_fast_job_takes_whichever_is_sooner()
    {
        DeviceLoad[] devices = [Device("fast", "p-fast", 100, isFast: true), Device("exact")];

        Assert.Equal("exact", WorkerMatching.Choose(devices, Free, null, _ => true)!.Worker);
        Assert.Equal("fast", WorkerMatching.Choose(devices, Free with { Determinism = DeterminismClasses.Fast }, null, _ => true)!.Worker);
    }

    [Fact]
    public void Worker_it_failed_on_is_taken_when_the_others_are_too_small() =>
        Assert.Equal("failed", WorkerMatching.Choose([Device("failed"), Device("small", pixels: 64)], Free with { Pixels = 65 }, "failed", _ => true)!.Worker);

    [Fact]
    public void Reason_for_waiting_names_the_size_and_the_largest_that_is_taken()
    {
        DeviceLoad[] devices = [Device("a", pixels: 262_144), Device("b", pixels: 600_000), Device("c", checkpoints: "other")];

        Assert.Equal(
            "Its largest image has 1,048,576 pixels; the largest that an active worker with all it needs takes has 600,000, such as 768×768.",
            WorkerMatching.WhyWaiting(devices, Free with { Pixels = 1_048_576 }));
        Assert.Null(WorkerMatching.WhyWaiting(devices, Free with { Pixels = 600_000 }));
        Assert.EndsWith(
            "such as 512×512. One that can take it fetches the checkpoint if the farm's store has it.",
            WorkerMatching.WhyWaiting([devices[0], Device("d", checkpoints: "*")], Free with { Pixels = 1_048_576 }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, false, "No active worker holds the checkpoint c yet; one that is free fetches it if the farm's store has it.")]
    [InlineData(65, false, "No active worker holds the checkpoint c, and none of those that would fetch it takes images of 65 pixels of reproducible jobs.")]
    [InlineData(64, true, "No active worker holds the checkpoint c, and none of those that would fetch it takes images of 64 pixels of reproducible jobs.")]
    public void Reason_for_waiting_promises_no_fetching_by_a_worker_that_could_not_take_the_job(long pixels, bool isFast, string reason) =>
        Assert.Equal(reason, WorkerMatching.WhyWaiting([Device("w", checkpoints: "*", pixels: 64, isFast: isFast)], Free with { Pixels = pixels }));

    [Fact]
    public void Reason_for_waiting_names_the_class_where_the_size_is_taken_by_fast_workers_alone() => Assert.Equal(
        "The job is reproducible, and every active worker that holds what it needs and takes its size renders fast jobs alone.",
        WorkerMatching.WhyWaiting([Device("small", pixels: 64), Device("fast", isFast: true)], Free with { Pixels = 65 }));

    [Fact]
    public void Reason_for_waiting_names_the_drain_where_the_worker_that_takes_the_size_is_drained() => Assert.Equal(
        "Every worker that could take it is drained or in quarantine.",
        WorkerMatching.WhyWaiting([Device("small", pixels: 64), Device("large", duty: WorkerDuty.None)], Free with { Pixels = 65 }));

    [Theory]
    [InlineData(null, "p", "No worker is active. Start one, and the job goes on.")]
    [InlineData("other", "p", "No active worker holds the checkpoint c.")]
    [InlineData("c", "p9", "The job is reproducible and has images from the execution profile p, which no active device has.")]
    [InlineData("c", "p", null)]
    public void Reason_for_waiting_is_a_sentence(string? checkpoint, string profile, string? reason)
    {
        DeviceLoad[] devices = checkpoint is null ? [] : [Device("w", profile, checkpoints: checkpoint)];

        Assert.Equal(reason, WorkerMatching.WhyWaiting(devices, Free with { Profile = "p" }));
    }

    [Theory]
    [InlineData(3, 300, true)]
    [InlineData(4, 400, true)]
    [InlineData(5, 500, true)]
    [InlineData(6, 600, false)]
    [InlineData(0, 0, true)]
    public void Device_holds_its_slots_and_the_window_of_work_and_no_more(int held, long cost, bool room)
    {
        var device = Device("w", speed: 100);
        device.Add(held, cost);

        Assert.Equal(room, device.HasRoom(TimeSpan.FromSeconds(2), 1_000));
        Assert.False(device.HasRoom(TimeSpan.FromSeconds(2), held));
    }

    private static DeviceLoad Device(
        string worker, string profile = "p", double speed = 1, string checkpoints = "c", string upscalers = "",
        long? pixels = null, bool isFast = false, WorkerDuty duty = WorkerDuty.Full) => new()
        {
            Worker = worker,
            Device = "cpu",
            Slots = 4,
            Profile = profile,
            Speed = speed,
            PixelsPerImage = pixels,
            IsFast = isFast,
            Duty = duty,
            IsMeasured = true,
            Checkpoints = new HashSet<string>(checkpoints.Split(',')),
            Upscalers = new HashSet<string>(upscalers.Split(',')),
        };
}
