using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;

namespace RenderFarm.Coordinator.Simulation;

/// <summary>Keeps what happens in a simulation and makes the report of it.</summary>
internal sealed class SimulationRecord(FarmSimulationOptions options, IReadOnlyList<SimulatedJob> jobs)
{
    private const double WindowSeconds = 600;
    private readonly Dictionary<SimulatedJob, (double FirstStart, double End)> _times = [];
    private readonly Dictionary<(string Class, int Tenant), Queue> _queues = [];
    private readonly Dictionary<string, double> _classCost = [];
    private readonly List<double> _tenantShares = [];
    private readonly List<SimulatedMoment> _timeline = [];
    private readonly double _capacityPerSecond = jobs.Sum(job => (double)job.Cost * job.Images) / (options.Hours * 3_600) / options.Load;
    private double _windowCost;

    public void Submitted(SimulatedJob job) => QueueOf(job).Images += job.Images;

    public void Dispatched(SimulatedJob job, int images)
    {
        var queue = QueueOf(job);
        queue.Images -= images;
        queue.Served += job.Cost * images;
        if (queue.Images == 0) queue.WasEmpty = true;
        _windowCost += job.Cost * images;
    }

    public void Started(SimulatedImage image, double now)
    {
        if (image.Job.Started++ == 0) _times[image.Job] = (now - image.Job.SubmittedAt, 0);
    }

    public void Finished(SimulatedImage image, double now)
    {
        if (++image.Job.Finished == image.Job.Images) _times[image.Job] = (_times[image.Job].FirstStart, now - image.Job.SubmittedAt);
    }

    /// <summary>Closes a window every ten virtual minutes.</summary>
    public void Look(double now)
    {
        if (now % WindowSeconds != 0) return;
        var backlogged = _queues.Where(entry => !entry.Value.WasEmpty && entry.Value.Images > 0).ToList();
        foreach (var sharers in backlogged.GroupBy(entry => entry.Key.Class).Where(group => group.Count() > 1))
        {
            var mean = sharers.Average(entry => (double)entry.Value.Served);
            if (mean > 0) _tenantShares.AddRange(sharers.Select(entry => entry.Value.Served / mean));
        }

        if (backlogged.Select(entry => entry.Key.Class).Distinct().Count() == Priorities.All.Count)
        {
            foreach (var (key, queue) in _queues) _classCost[key.Class] = _classCost.GetValueOrDefault(key.Class) + queue.Served;
        }

        var waiting = _queues.Where(entry => entry.Value.Images > 0).ToList();
        _timeline.Add(new SimulatedMoment(
            Math.Round(now / 3_600, 3),
            waiting.Sum(entry => entry.Value.Images),
            waiting.Select(entry => entry.Key.Tenant).Distinct().Count(),
            Math.Round(_windowCost / _capacityPerSecond / WindowSeconds, 3)));
        _windowCost = 0;
        foreach (var queue in _queues.Values) (queue.Served, queue.WasEmpty) = (0, queue.Images == 0);
    }

    public SimulationReport Report(double seconds, IReadOnlyList<SimulatedDevice> devices) => new(
        options,
        jobs.Count,
        jobs.Sum(job => (long)job.Images),
        Math.Round(seconds / 3_600, 3),
        [.. Waiting()],
        [.. ClassShares()],
        Percentiles.Of(_tenantShares),
        devices.GroupBy(device => device.Kind).ToDictionary(kind => kind.Key, kind => Math.Round(kind.Average(device => device.Busy) / seconds, 3)),
        _timeline);

    private Queue QueueOf(SimulatedJob job)
    {
        var key = (job.Priority, job.Tenant);
        if (!_queues.TryGetValue(key, out var queue)) _queues[key] = queue = new Queue();
        return queue;
    }

    private IEnumerable<WaitingFigures> Waiting()
    {
        foreach (var priority in Priorities.All) yield return Figures($"priority {priority}", job => job.Priority == priority);
        yield return Figures("jobs of 1 to 4 images", job => job.Images <= 4);
        yield return Figures("jobs of 5 to 100 images", job => job.Images is > 4 and <= 100);
        yield return Figures("jobs above 100 images", job => job.Images > 100);
        var asked = jobs.GroupBy(job => job.Tenant).ToDictionary(tenant => tenant.Key, tenant => tenant.Sum(job => (long)job.Images));
        yield return Figures("small jobs of tenants below 500 images", job => job.Images <= 4 && asked[job.Tenant] < 500);
        yield return Figures("small jobs of tenants of 500 to 5,000 images", job => job.Images <= 4 && asked[job.Tenant] is >= 500 and < 5_000);
        yield return Figures("small jobs of tenants of 5,000 images or more", job => job.Images <= 4 && asked[job.Tenant] >= 5_000);
    }

    private WaitingFigures Figures(string who, Func<SimulatedJob, bool> isMeant)
    {
        var times = jobs.Where(isMeant).Select(job => _times[job]).ToList();
        return new WaitingFigures(who, Percentiles.Of(times.Select(time => time.FirstStart)), Percentiles.Of(times.Select(time => time.End)));
    }

    private IEnumerable<ShareFigures> ClassShares()
    {
        var (cost, weight) = (_classCost.Values.Sum(), Priorities.All.Sum(FairSelection.Weight));
        if (cost == 0) return [];
        return Priorities.All.Select(priority => new ShareFigures(
            priority, Math.Round(_classCost.GetValueOrDefault(priority) / cost, 4), Math.Round(FairSelection.Weight(priority) / (double)weight, 4)));
    }

    /// <summary>What waits of one tenant in one class, and what it got in this window.</summary>
    private sealed class Queue
    {
        public long Images { get; set; }

        public long Served { get; set; }

        public bool WasEmpty { get; set; } = true;
    }
}
