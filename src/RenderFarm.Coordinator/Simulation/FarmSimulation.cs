using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;

namespace RenderFarm.Coordinator.Simulation;

/// <summary>
/// A farm under virtual time: the dispatcher's own <see cref="DispatchRound"/> (fair selection, matching, windows) and the engine's own choice of turns, over
/// simulated devices. Looks at no clock: equal options give equal reports.
/// </summary>
/// <remarks>
/// Limitations: nothing fails, workers do not come and go, everyone holds the one checkpoint, messages and records take no time, and dispatch runs once a
/// virtual second, where the farm's runs whenever a report or a job arrives.
/// </remarks>
public sealed class FarmSimulation
{
    internal const string Checkpoint = "simulated";
    private const double RoundSeconds = 1;
    private static readonly (string Name, double Share, double Speed)[] Kinds = [("slow", 0.6, 1), ("medium", 0.3, 3), ("fast", 0.1, 9)];
    private readonly CoordinatorOptions _options = new();
    private readonly DispatchRound _round;
    private readonly List<SimulatedJob> _arrivals;
    private readonly List<SimulatedDevice> _devices = [];
    private readonly Dictionary<DeviceLoad, SimulatedDevice> _deviceOf = [];
    private readonly IReadOnlyList<DeviceLoad> _loads;
    private readonly Dictionary<JobId, SimulatedJob> _waiting = [];
    private readonly PriorityQueue<SimulatedDevice, (double Time, long Order)> _callEnds = new();
    private readonly SimulationRecord _record;
    private long _order;

    /// <param name="options">What the farm is asked to do.</param>
    /// <param name="newOrder">Makes the choice of turns of one device.</param>
    public FarmSimulation(FarmSimulationOptions options, Func<ITurnOrder> newOrder)
    {
        _arrivals = Workload.Draw(options);
        _record = new SimulationRecord(options, _arrivals);
        _round = new DispatchRound(device => device.HasRoom(_options.DispatchWindow, _options.MaxHeldPerDevice));
        var asked = _arrivals.Sum(job => (double)job.Cost * job.Images) / (options.Hours * 3_600);
        var counts = Kinds.Select(kind => (int)Math.Round(kind.Share * options.Workers)).ToArray();
        counts[0] += options.Workers - counts.Sum();
        var unit = asked / options.Load / Kinds.Select((kind, i) => kind.Speed * counts[i]).Sum();
        for (var kind = 0; kind < Kinds.Length; kind++)
        {
            for (var i = 0; i < counts[kind]; i++) _devices.Add(new SimulatedDevice(_devices.Count, Kinds[kind].Name, unit * Kinds[kind].Speed, newOrder()));
        }

        _loads = [.. _devices.Select(device => device.Load)];
        foreach (var device in _devices) _deviceOf[device.Load] = device;
    }

    internal static IReadOnlySet<string> Checkpoints { get; } = new HashSet<string> { Checkpoint };

    /// <summary>Runs until every image is done.</summary>
    /// <param name="progress">Receives the virtual hours behind, once a virtual hour; may be null.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<SimulationReport> RunAsync(IProgress<double>? progress, CancellationToken cancellation)
    {
        var (next, left, seconds) = (0, _arrivals.Sum(job => (long)job.Images), 0.0);
        while (left > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            seconds += RoundSeconds;
            for (; next < _arrivals.Count && _arrivals[next].SubmittedAt <= seconds; next++) Submit(_arrivals[next]);
            left -= FinishCalls(seconds);
            if (_waiting.Count > 0) await DispatchAsync(seconds);
            _record.Look(seconds);
            if (seconds % 3_600 == 0) progress?.Report(seconds / 3_600);
        }

        return _record.Report(seconds, _devices);
    }

    private void Submit(SimulatedJob job)
    {
        _waiting[job.Id] = job;
        _record.Submitted(job);
    }

    private int FinishCalls(double until)
    {
        var finished = 0;
        while (_callEnds.TryPeek(out var device, out var end) && end.Time <= until)
        {
            _callEnds.Dequeue();
            foreach (var image in device.Call)
            {
                if (--image.TurnsLeft > 0) continue;
                finished++;
                device.Load.Add(-1, -image.Job.Cost);
                _record.Finished(image, end.Time);
            }

            device.Order.RemoveFinished();
            Begin(device, end.Time);
        }

        return finished;
    }

    private async Task DispatchAsync(double now)
    {
        List<WaitingJob> jobs = [.. _waiting.Values.Select(job => job.AsWaiting())];
        foreach (var allotment in await _round.AllotAsync(jobs, [], _loads, (job, after, count) => Task.FromResult(Peek(_waiting[job], after, count))))
        {
            var (job, device) = (_waiting[allotment.Job.Id], _deviceOf[allotment.Device]);
            if (job.Determinism == DeterminismClasses.Reproducible) job.Profile ??= device.Kind;
            foreach (var _ in allotment.Indices) device.Order.Enter(new SimulatedImage(job));
            job.Dispatched += allotment.Indices.Count;
            _record.Dispatched(job, allotment.Indices.Count);
            if (device.Call.Count == 0) Begin(device, now);
        }

        foreach (var job in jobs)
        {
            if (_waiting[job.Id].Dispatched == _waiting[job.Id].Images) _waiting.Remove(job.Id);
        }
    }

    // Nothing fails, so what waits of a job is what comes after the images dispatched.
    private static List<WaitingTask> Peek(SimulatedJob job, int after, int count)
    {
        var from = Math.Max(job.Dispatched, after + 1);
        return [.. Enumerable.Range(from, Math.Clamp(job.Images - from, 0, count)).Select(index => new WaitingTask(index, job.Cost, null))];
    }

    private void Begin(SimulatedDevice device, double now)
    {
        if (device.Begin() is not { } seconds) return;
        _callEnds.Enqueue(device, (now + seconds, _order++));
        foreach (var image in device.Call)
        {
            if (image.HasStarted) continue;
            image.HasStarted = true;
            _record.Started(image, now);
        }
    }
}
