using RenderFarm.Coordinator.Checkpoints;

namespace RenderFarm.Tests.Coordinator.Checkpoints;

/// <summary>Devices that follow a plan second by second: loading takes its time, and what is served is worked off at one pixel-step a second.</summary>
internal sealed class ShelfSimulation
{
    private readonly ShelfRules _rules;
    private readonly ShelfPlan _plan;
    private readonly Dictionary<string, double> _backlog = new(StringComparer.Ordinal);
    private readonly List<Simulated> _devices;
    private DateTimeOffset _now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private long _busy;
    private long _passed;

    public ShelfSimulation(ShelfRules rules, int devices)
    {
        (_rules, _plan) = (rules, new ShelfPlan(rules));
        _devices = [.. Enumerable.Range(0, devices).Select(index => new Simulated($"w{index}"))];
    }

    /// <summary>Checkpoints loaded.</summary>
    public int Loads { get; private set; }

    /// <summary>Part of the devices' time that made images.</summary>
    public double BusyShare => (double)_busy / _passed;

    /// <summary>Shortest time that a checkpoint kept its place although there was work for it all the while.</summary>
    public TimeSpan ShortestStayWithWork { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Work done by checkpoint.</summary>
    public Dictionary<string, double> Done { get; } = new(StringComparer.Ordinal);

    public void Submit(string digest, double cost) => _backlog[digest] = _backlog.GetValueOrDefault(digest) + cost;

    /// <summary>One second: a plan, its loads, and work.</summary>
    public void Second()
    {
        var shelves = _devices.Select(device => new ShelfDevice(device.Name, "cpu", 1, device.Holds.ToHashSet(), Fetches: true)).ToList();
        foreach (var move in _plan.Plan(_now, [.. _backlog.Select(entry => new ShelfDemand(entry.Key, entry.Value, IsStored: true))], shelves))
            Load(_devices.Single(device => device.Name == move.Worker), move.Digest);
        foreach (var device in _devices) Work(device);
        _now += TimeSpan.FromSeconds(1);
    }

    private void Load(Simulated device, string digest)
    {
        Loads++;
        if (device.Serving is { } left && !device.WasQuiet && _now - device.Since < ShortestStayWithWork && _backlog.GetValueOrDefault(left) > 0)
            ShortestStayWithWork = _now - device.Since;
        (device.Serving, device.Since, device.WasQuiet) = (digest, _now, false);
        device.ReadyAt = _now + _rules.Load;
    }

    private void Work(Simulated device)
    {
        _passed++;
        if (device.Serving is not { } digest || _now < device.ReadyAt) return;
        if (!device.Holds.Contains(digest)) device.Holds.Add(digest);
        var work = Math.Min(1, _backlog.GetValueOrDefault(digest));
        if (work <= 0)
        {
            device.WasQuiet = true;
            return;
        }

        _backlog[digest] -= work;
        Done[digest] = Done.GetValueOrDefault(digest) + work;
        _busy++;
    }

    private sealed class Simulated(string name)
    {
        public string Name => name;

        public List<string> Holds { get; } = [];

        public string? Serving { get; set; }

        public DateTimeOffset Since { get; set; }

        public DateTimeOffset ReadyAt { get; set; }

        public bool WasQuiet { get; set; }
    }
}
