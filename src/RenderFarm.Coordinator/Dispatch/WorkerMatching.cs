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

    /// <summary>Whether <see cref="Speed"/> was measured, not announced.</summary>
    public required bool IsMeasured { get; init; }

    /// <summary>Digests of the checkpoints its worker holds.</summary>
    public required IReadOnlySet<string> Checkpoints { get; init; }

    /// <summary>What its worker may be given: nothing, while it is drained or in quarantine.</summary>
    public WorkerDuty Duty { get; init; } = WorkerDuty.Full;

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
internal sealed record RenderNeeds(string Checkpoint, string Determinism, string? Profile);

/// <summary>Which device can take a task; pure.</summary>
internal static class WorkerMatching
{
    /// <summary>The device that would be done with the task first; null when none of the capable ones has room.</summary>
    /// <param name="devices">Devices of active workers.</param>
    /// <param name="needs">What the job needs.</param>
    /// <param name="avoid">Worker on which the task failed: taken only when no other is capable.</param>
    /// <param name="hasRoom">Whether a device may get more.</param>
    public static DeviceLoad? Choose(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs, string? avoid, Func<DeviceLoad, bool> hasRoom)
    {
        var capable = Capable(devices, needs);
        if (avoid is not null && capable.Exists(device => device.Worker != avoid)) capable.RemoveAll(device => device.Worker == avoid);
        return capable.Where(hasRoom).MinBy(device => device.BusySeconds + (1 / device.Speed));
    }

    /// <summary>Why no device can take tasks of a job, in a sentence; null when one can.</summary>
    public static string? WhyWaiting(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs)
    {
        if (devices.Count == 0) return "No worker is active. Start one, and the job goes on.";
        if (!devices.Any(device => device.Checkpoints.Contains(needs.Checkpoint)))
            return $"No active worker holds the checkpoint {needs.Checkpoint}.";
        if (Capable(devices, needs).Count > 0) return null;
        return devices.Any(device => device.Duty == WorkerDuty.None && device.Checkpoints.Contains(needs.Checkpoint))
            ? "Every worker that could take it is drained or in quarantine."
            : $"The job is reproducible and has images from the execution profile {needs.Profile}, which no active device has.";
    }

    // A reproducible job that is still free goes where the most speed of one profile is, because it will stay there.
    private static List<DeviceLoad> Capable(IReadOnlyList<DeviceLoad> devices, RenderNeeds needs)
    {
        var holders = devices.Where(device => device.Duty != WorkerDuty.None && device.Checkpoints.Contains(needs.Checkpoint));
        if (needs.Determinism != DeterminismClasses.Reproducible) return [.. holders];
        if (needs.Profile is not null) return [.. holders.Where(device => device.Profile == needs.Profile)];
        var best = holders.GroupBy(device => device.Profile)
            .OrderByDescending(group => group.Sum(device => device.Speed))
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .FirstOrDefault();
        return best is null ? [] : [.. best];
    }
}
