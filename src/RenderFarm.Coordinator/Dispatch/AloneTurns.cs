namespace RenderFarm.Coordinator.Dispatch;

/// <summary>
/// Where suspects run alone; pure. A suspect gets a worker that holds nothing else, and the worker gets nothing else while it runs: the
/// whole worker, since all devices of a process die together. A busy worker is kept free of new work until it is empty. At most half of
/// the workers are taken so at a time, and each has an ordinary turn between two suspects, so suspects and the others both go on. What the
/// others then leave empty is for suspects too, all of it when nothing else waits.
/// </summary>
/// <remarks>
/// What it remembers is soft: after a restart a worker may run two suspects in a row. Nothing is interrupted: work that comes while suspects
/// have all workers waits until the first of them is done, and has the workers that become free until suspects are down to half.
/// </remarks>
internal sealed class AloneTurns
{
    private readonly HashSet<string> _owing = new(StringComparer.Ordinal);
    private HashSet<string> _kept = new(StringComparer.Ordinal);
    private HashSet<string> _left = new(StringComparer.Ordinal);
    private int _free;

    /// <summary>Starts a round: whoever runs a suspect now is closed to others.</summary>
    public void Begin(IReadOnlyList<DeviceLoad> devices)
    {
        var workers = devices.Select(device => device.Worker).Distinct().Count();
        var taken = devices.Where(device => device.HoldsSuspect).Select(device => device.Worker).ToHashSet(StringComparer.Ordinal);
        foreach (var device in devices) device.IsReserved = taken.Contains(device.Worker);
        _free = Math.Max(1, workers / 2) - taken.Count;
        // A worker that went away, or was given something, keeps no place.
        _kept.RemoveWhere(worker => taken.Contains(worker) || !devices.Any(device => device.Worker == worker));
        _owing.RemoveWhere(worker => !devices.Any(device => device.Worker == worker));
    }

    /// <summary>
    /// The device that runs a suspect now, or null: then its worker is kept free for it, unless all that may be are taken.
    /// </summary>
    /// <param name="devices">All devices.</param>
    /// <param name="choose">The best device for the suspect among those that satisfy a condition.</param>
    public DeviceLoad? Place(IReadOnlyList<DeviceLoad> devices, Func<Func<DeviceLoad, bool>, DeviceLoad?> choose)
    {
        if (_free <= 0) return null;
        bool MayTake(DeviceLoad device) => !device.IsReserved && !_owing.Contains(device.Worker);
        bool IsEmpty(DeviceLoad device) => !device.HasStrangers && devices.All(other => other.Worker != device.Worker || other.Held == 0);
        var now = choose(device => MayTake(device) && IsEmpty(device));
        var worker = (now ?? choose(device => MayTake(device) && _kept.Contains(device.Worker)) ?? choose(MayTake))?.Worker;
        if (worker is null) return null;
        _free--;
        foreach (var device in devices.Where(device => device.Worker == worker)) device.IsReserved = true;
        if (now is null) _kept.Add(worker);
        else _owing.Add(worker);
        return now;
    }

    /// <summary>The others were served: what they left empty, they had their turn at and do not want.</summary>
    /// <param name="devices">All devices, with what this round gave them.</param>
    public void Open(IReadOnlyList<DeviceLoad> devices)
    {
        var busy = devices.Where(device => device.Held > 0 || device.IsReserved || device.HasStrangers).Select(device => device.Worker).ToHashSet(StringComparer.Ordinal);
        _left = devices.Select(device => device.Worker).Where(worker => !busy.Contains(worker)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The device that runs one more suspect now, of a worker that the others left empty; null when none can.</summary>
    /// <param name="devices">All devices.</param>
    /// <param name="choose">The best device for the suspect among those that satisfy a condition.</param>
    public DeviceLoad? PlaceOnLeft(IReadOnlyList<DeviceLoad> devices, Func<Func<DeviceLoad, bool>, DeviceLoad?> choose)
    {
        if (_left.Count == 0 || choose(device => _left.Contains(device.Worker)) is not { } now) return null;
        _left.Remove(now.Worker);
        foreach (var device in devices.Where(device => device.Worker == now.Worker)) device.IsReserved = true;
        _owing.Add(now.Worker);
        return now;
    }

    /// <summary>Ends a round.</summary>
    /// <param name="devices">All devices, with what this round gave them.</param>
    /// <returns>True when an idle worker owed the others a turn that nobody wanted: the next round may use it at once.</returns>
    public bool End(IReadOnlyList<DeviceLoad> devices)
    {
        _kept = [.. _kept.Where(worker => devices.Any(device => device.Worker == worker && device.IsReserved))];
        var done = _owing.Where(worker => devices.All(device => device.Worker != worker || !device.IsReserved)).ToList();
        var isAnyIdle = done.Any(worker => devices.All(device => device.Worker != worker || device.Held == 0));
        foreach (var worker in done) _owing.Remove(worker);
        return isAnyIdle;
    }
}
