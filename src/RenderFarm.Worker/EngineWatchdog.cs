using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Background;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>
/// Notices an engine that is stuck. First it asks: every run is stopped, which terminates the call as far as the inference library can. When
/// that does not help within the grace, the runs are given up: they are reported as failed by this worker, retryable elsewhere, and the device
/// takes no more and the worker says that it is not ready, since a native call cannot be ended but with its process.
/// </summary>
internal sealed class EngineWatchdog(
    RenderDevices devices, HeldRuns runs, IOptions<WorkerOptions> options, TimeProvider clock, ILogger<EngineWatchdog> logger)
    : FarmLoop(options.Value.StuckAfter / 12, clock, logger)
{
    private readonly TimeProvider _clock = clock;
    private readonly Dictionary<string, DateTimeOffset> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _givenUp = new(StringComparer.Ordinal);

    /// <summary>Why the worker can render no more, in a sentence; null while it can.</summary>
    public string? Reason { get; private set; }

    protected override Task<bool> PassAsync(CancellationToken stopping)
    {
        foreach (var device in devices.All.Where(device => !_givenUp.Contains(device.Name))) Look(device, _clock.GetUtcNow());
        return Task.FromResult(false);
    }

    private void Look(RenderDevice device, DateTimeOffset now)
    {
        if (device.Steps.StuckFor(now) is not { } silence)
        {
            _asked.Remove(device.Name);
        }
        else if (!_asked.TryGetValue(device.Name, out var since))
        {
            WorkerLog.EngineStuck(logger, silence);
            _asked[device.Name] = now;
            foreach (var run in runs.Snapshot().Where(run => run.Device == device.Name)) run.Stop(StopCause.Stuck);
        }
        else if (now - since >= options.Value.StuckGrace)
        {
            Reason = $"The engine has made no step for {silence.TotalSeconds:0} s and does not stop. Start the worker again.";
            WorkerLog.EngineAbandoned(logger, silence);
            _givenUp.Add(device.Name);
            runs.Abandon(device.Name);
        }
    }
}
