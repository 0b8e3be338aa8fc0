using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Background;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>
/// Notices an engine that is stuck. First it asks: every run in the engine is stopped, which terminates the call as far as the inference library can. When
/// that does not help within the grace, the device is given up: its runs are reported as failed by this worker, retryable elsewhere, and the worker retires.
/// </summary>
internal sealed class EngineWatchdog(
    RenderDevices devices,
    HeldRuns runs,
    Retirement retirement,
    HeartbeatLoop heartbeats,
    IOptions<WorkerOptions> options,
    TimeProvider clock,
    ILogger<EngineWatchdog> logger)
    : FarmLoop(options.Value.StuckAfter / 12, clock, logger)
{
    private readonly TimeProvider _clock = clock;
    private readonly Dictionary<string, DateTimeOffset> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _givenUp = new(StringComparer.Ordinal);

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
            WorkerLog.EngineStuck(logger, device.Name, silence);
            _asked[device.Name] = now;
            runs.StopRendering(device.Name);
        }
        else if (now - since >= options.Value.StuckGrace)
        {
            WorkerLog.EngineAbandoned(logger, device.Name, silence);
            _givenUp.Add(device.Name);
            retirement.Begin($"The engine of device {device.Name} has made no step for {silence.TotalSeconds:0} s and does not stop; the worker takes no more and ends, to be started again.");
            runs.Abandon(device.Name);
            // Offered any longer, the device would look idle and be chosen first.
            heartbeats.Wake();
        }
    }
}
