using System.Globalization;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>A device of an active worker and what it holds.</summary>
internal sealed class DeviceLoad
{
    /// <summary>Its worker.</summary>
    public required string Worker { get; init; }

    /// <summary>Its name within the worker.</summary>
    public required string Device { get; init; }

    /// <summary>Images it renders at the same time.</summary>
    public required int Slots { get; init; }

    /// <summary>Its execution profile.</summary>
    public required string Profile { get; init; }

    /// <summary>Pixel-steps per second, at least 1.</summary>
    public required double Speed { get; init; }

    /// <summary>Most pixels of an image that it takes; null for any number.</summary>
    public long? PixelsPerImage { get; init; }

    /// <summary>Whether its pipelines are fast: reproducible jobs are not for it.</summary>
    public bool IsFast { get; init; }

    /// <summary>Whether <see cref="Speed"/> was measured, not announced.</summary>
    public required bool IsMeasured { get; init; }

    /// <summary>Digests of the checkpoints its worker holds; for dispatch, of those it serves now.</summary>
    public required IReadOnlySet<string> Checkpoints { get; set; }

    /// <summary>Digests of the upscalers its worker holds.</summary>
    public IReadOnlySet<string> Upscalers { get; init; } = new HashSet<string>();

    /// <summary>What its worker may be given: nothing, while it is drained or in quarantine.</summary>
    public WorkerDuty Duty { get; init; } = WorkerDuty.Full;

    /// <summary>Why its worker is in quarantine, in a sentence; null when it is not.</summary>
    public string? Quarantine { get; init; }

    /// <summary>Whether its worker still holds runs that the record does not want.</summary>
    public bool HasStrangers { get; init; }

    /// <summary>Whether its worker is kept for a task that runs alone: it runs there, or waits for the worker to be empty.</summary>
    public bool IsReserved { get; set; }

    /// <summary>Whether a task that must run alone is held by it.</summary>
    public bool HoldsSuspect { get; private set; }

    /// <summary>Attempts it holds.</summary>
    public int Held { get; private set; }

    /// <summary>Their cost in pixel-steps.</summary>
    public long HeldCost { get; private set; }

    /// <summary>Adds attempts.</summary>
    public void Add(int attempts, long cost)
    {
        Held += attempts;
        HeldCost += cost;
    }

    /// <summary>Notes that one of the attempts must run alone.</summary>
    public void MarkSuspect() => HoldsSuspect = true;

    /// <summary>Whether its worker has every file that tasks of a job need.</summary>
    public bool Holds(RenderNeeds needs) => Checkpoints.Contains(needs.Checkpoint) && (needs.Upscaler is not { } upscaler || Upscalers.Contains(upscaler));

    /// <summary>Whether it takes images of a size, whatever it holds; of one that is not known (0) it does.</summary>
    public bool Takes(long pixels) => PixelsPerImage is not { } most || pixels <= most;

    /// <summary>Whether its images may be of a determinism class.</summary>
    public bool Renders(string determinism) => !IsFast || determinism == DeterminismClasses.Fast;

    /// <summary>Whether it could make the images of a job, were it free: it has every file, takes their size, and renders their class.</summary>
    public bool Suits(RenderNeeds needs) => Holds(needs) && Takes(needs.Pixels) && Renders(needs.Determinism);

    /// <summary>Time to work off what it holds, in seconds, and the tie-breaker between idle devices.</summary>
    public double BusySeconds => HeldCost / Speed;

    /// <summary>Whether another attempt may be sent: a slot is free, or less than the window of work waits beyond the slots.</summary>
    public bool HasRoom(TimeSpan window, int most)
    {
        if (IsReserved || Held >= (Duty == WorkerDuty.Trial ? 1 : most)) return false;
        if (Held < Slots) return true;
        var waitingShare = (double)(Held - Slots) / Held;
        return BusySeconds * waitingShare < window.TotalSeconds;
    }
}

/// <summary>What the tasks of a job need from a device.</summary>
/// <param name="Checkpoint">Digest of the checkpoint.</param>
/// <param name="Determinism">One of <see cref="DeterminismClasses"/>.</param>
/// <param name="Profile">Profile the job is pinned to; null when it is free.</param>
internal sealed record RenderNeeds(string Checkpoint, string Determinism, string? Profile)
{
    /// <summary>Digest of the upscaler; null for none.</summary>
    public string? Upscaler { get; init; }

    /// <summary>Pixels of its largest image; 0 when they are not known, and every device takes it.</summary>
    public long Pixels { get; init; }
}

/// <summary>Which device can take a task; pure.</summary>
internal static class WorkerMatching
{
    /// <summary>How many times as fast the fastest profile may be for a reproducible job to start on another.</summary>
    private const double SlowestProfile = 4;

    /// <summary>The device that would be done with the task first; null when none of the capable ones has room.</summary>
    /// <param name="devices">Devices of active workers.</param>
    /// <param name="needs">What the job needs.</param>
    /// <param name="avoid">Worker on which the task failed: taken only when no other is capable.</param>
    /// <param name="hasRoom">Whether a device may get more.</param>
    public static DeviceLoad? Choose(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs, string? avoid, Func<DeviceLoad, bool> hasRoom)
    {
        var profile = needs.Determinism == DeterminismClasses.Reproducible ? needs.Profile ?? ProfileFor(devices, needs, avoid, hasRoom) : null;
        DeviceLoad? best = null, bestAvoided = null;
        var isAnotherCapable = false;
        foreach (var device in devices)
        {
            if (!IsCapable(device, needs, profile)) continue;
            if (device.Worker == avoid)
            {
                if (hasRoom(device) && IsSooner(device, bestAvoided)) bestAvoided = device;
                continue;
            }

            isAnotherCapable = true;
            if (hasRoom(device) && IsSooner(device, best)) best = device;
        }

        return isAnotherCapable ? best : bestAvoided;
    }

    /// <summary>Why no device can take tasks of a job, in a sentence; null when one can.</summary>
    public static string? WhyWaiting(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs)
    {
        if (devices.Count == 0) return "No worker is active. Start one, and the job goes on.";
        if (!devices.Any(device => device.Checkpoints.Contains(needs.Checkpoint))) return WhyNoCheckpoint(devices, needs);
        if (needs.Upscaler is not null && WhyNoUpscaler(devices, needs) is { } missing) return missing;
        if (devices.Any(device => IsCapable(device, needs, needs.Determinism == DeterminismClasses.Reproducible ? needs.Profile : null))) return null;
        if (!devices.Any(device => device.Suits(needs))) return WhyNoneSuits(devices, needs);
        var held = devices.Where(device => device.Duty == WorkerDuty.None && device.Suits(needs)).OrderBy(device => device.Quarantine is null).FirstOrDefault();
        return held is not null
            ? $"Every worker that could take it is drained or in quarantine.{(held.Quarantine is { } reason ? $" {held.Worker}: {reason}" : "")}"
            : $"The job is reproducible and has images from the execution profile {needs.Profile}, which no active device has.";
    }

    private static string WhyNoCheckpoint(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs)
    {
        var fetching = devices.Where(device => device.Checkpoints.Contains(FarmWorker.Fetches)).ToList();
        if (fetching.Count == 0) return $"No active worker holds the checkpoint {needs.Checkpoint}.";
        return fetching.Exists(device => device.Takes(needs.Pixels) && device.Renders(needs.Determinism))
            ? $"No active worker holds the checkpoint {needs.Checkpoint} yet; one that is free fetches it if the farm's store has it."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"No active worker holds the checkpoint {needs.Checkpoint}, and none of those that would fetch it takes images of {needs.Pixels:N0} pixels of {needs.Determinism} jobs.");
    }

    private static string? WhyNoUpscaler(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs)
    {
        if (devices.Any(device => device.Holds(needs))) return null;
        if (!devices.Any(device => device.Upscalers.Contains(needs.Upscaler!))) return $"No active worker holds the upscaler {needs.Upscaler}.";
        var fetches = devices.Any(device => device.Upscalers.Contains(needs.Upscaler!) && device.Checkpoints.Contains(FarmWorker.Fetches));
        return $"No active worker holds both the checkpoint {needs.Checkpoint} and the upscaler {needs.Upscaler}{(fetches ? " yet; one that holds the upscaler fetches the checkpoint if the farm's store has it" : "")}.";
    }

    // Of devices that have the files, none takes the size or renders the class.
    private static string WhyNoneSuits(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs)
    {
        var holders = devices.Where(device => device.Holds(needs)).ToList();
        var fetches = devices.Any(device =>
            device.Checkpoints.Contains(FarmWorker.Fetches) && (needs.Upscaler is not { } upscaler || device.Upscalers.Contains(upscaler))
            && device.Takes(needs.Pixels) && device.Renders(needs.Determinism));
        var hope = fetches ? " One that can take it fetches the checkpoint if the farm's store has it." : "";
        return holders.Exists(device => device.Takes(needs.Pixels))
            ? $"The job is reproducible, and every active worker that holds what it needs and takes its size renders fast jobs alone.{hope}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Its largest image has {needs.Pixels:N0} pixels; the largest that an active worker with all it needs takes has {Square(holders.Max(device => device.PixelsPerImage!.Value))}.{hope}");
    }

    // People think in sides: the largest square of eights that is allowed.
    private static string Square(long pixels) => string.Create(CultureInfo.InvariantCulture, $"{pixels:N0}, such as {Side(pixels)}×{Side(pixels)}");

    private static long Side(long pixels) => (long)Math.Sqrt(pixels) / 8 * 8;

    private static bool IsCapable(DeviceLoad device, RenderNeeds needs, string? profile) =>
        device.Duty != WorkerDuty.None && (profile is null || device.Profile == profile) && device.Suits(needs);

    private static bool IsSooner(DeviceLoad device, DeviceLoad? other) =>
        other is null || device.BusySeconds + (1 / device.Speed) < other.BusySeconds + (1 / other.Speed);

    // A reproducible job that is still free stays with the profile of its first image: one with much of its speed free now, so that no device idles
    // beside a full one, but none that would take several times as long over a large job as the fastest. Of those, one on which it has not failed yet.
    private static string? ProfileFor(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs, string? avoid, Func<DeviceLoad, bool> hasRoom)
    {
        var speeds = new Dictionary<string, (double All, double Free, bool IsElsewhere)>(StringComparer.Ordinal);
        foreach (var device in devices)
        {
            if (!IsCapable(device, needs, null)) continue;
            var (all, free, isElsewhere) = speeds.GetValueOrDefault(device.Profile);
            speeds[device.Profile] = (all + device.Speed, free + (hasRoom(device) ? device.Speed : 0), isElsewhere || device.Worker != avoid);
        }

        var enough = speeds.Count == 0 ? 0 : speeds.Values.Max(speed => speed.All) / SlowestProfile;
        return speeds.Where(entry => entry.Value.All >= enough)
            .OrderByDescending(entry => entry.Value.IsElsewhere)
            .ThenByDescending(entry => entry.Value.Free)
            .ThenByDescending(entry => entry.Value.All)
            .ThenBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => entry.Key)
            .FirstOrDefault();
    }
}
