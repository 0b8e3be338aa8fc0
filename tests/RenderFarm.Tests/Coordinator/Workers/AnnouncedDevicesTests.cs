using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Workers;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Workers;

public sealed class AnnouncedDevicesTests
{
    private static readonly DeviceCapabilities Said = new("cuda0", 8, "p", 5)
    {
        MemoryBytes = 24L << 30,
        Resident = ["sha256:a"],
        Provider = "cuda",
        Determinism = DeterminismClasses.Reproducible,
        PixelsPerImage = 1_048_576,
        Speeds = [new RowSpeed(2, 0.5), new RowSpeed(16, 2.25)],
    };

    [Fact]
    public void What_was_said_is_read_back_as_it_was_said() =>
        Assert.Equal(AnnouncedDevices.Write(Said), AnnouncedDevices.Write(AnnouncedDevices.Read(AnnouncedDevices.Write(Said))));

    [Fact]
    public void What_a_coordinator_of_the_next_version_wrote_is_read_as_far_as_it_is_known()
    {
        var newer = AnnouncedDevices.Write(Said).Replace("{\"device\"", "{\"cores\":7,\"device\"", StringComparison.Ordinal);
        Assert.Contains("cores", newer, StringComparison.Ordinal);
        Assert.Equal(AnnouncedDevices.Write(Said), AnnouncedDevices.Write(AnnouncedDevices.Read(newer)));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("reproducible", false)]
    [InlineData("fast", true)]
    [InlineData("a class of the next version", true)]
    public void Reproducible_jobs_are_for_devices_that_say_so_or_are_too_old_to_say(string? determinism, bool isFast)
    {
        var device = Device();
        AnnouncedDevices.Apply(device, Said with { Determinism = determinism });
        Assert.Equal(isFast, device.IsFast);
    }

    [Fact]
    public void Another_profile_is_another_machine_and_a_speed_that_is_no_number_is_none()
    {
        var device = Device();
        device.MeasuredSpeed = 7;
        AnnouncedDevices.Apply(device, Said);
        Assert.Equal((7d, 8, 1_048_576L), (device.MeasuredSpeed!.Value, device.Slots, device.PixelsPerImage!.Value));

        AnnouncedDevices.Apply(device, Said with { Profile = "q", PixelStepsPerSecond = double.NaN, PixelsPerImage = null });

        Assert.Equal((null, 0d, null), (device.MeasuredSpeed, device.AnnouncedSpeed, device.PixelsPerImage));
    }

    private static FarmDevice Device() => new() { Worker = "alpha", Device = "cuda0", Slots = 1, Profile = "p", AnnouncedSpeed = 0 };
}
