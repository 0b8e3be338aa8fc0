using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Background;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>
/// Notices an engine that is stuck. First it asks: every run in the engine is stopped, which terminates the call as far as the inference library can. When
/// that does not help within the grace, the device is given up: its runs are reported as failed by this worker, retryable elsewhere, and the worker retires.
/// The same becomes of a load that does not end, or a call of a text encoder or a VAE: then of the runs of that checkpoint alone, since others may go on.
/// </summary>
/// <remarks>
/// Limitations: it times the engine. The disk of the checkpoint cache has the cache's patience, and a store its time-outs; a store in a folder has none while a
/// picture is read from it or put to it.
/// </remarks>
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
    private readonly Dictionary<(string Device, string Checkpoint), DateTimeOffset> _askedToReturn = [];

    protected override Task<bool> PassAsync(CancellationToken stopping)
    {
        foreach (var device in devices.All)
        {
            if (!_givenUp.Contains(device.Name)) LookAtSteps(device, _clock.GetUtcNow());
            LookAtCalls(device);
        }

        return Task.FromResult(false);
    }

    private void LookAtSteps(RenderDevice device, DateTimeOffset now)
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

    private void LookAtCalls(RenderDevice device)
    {
        var looked = _clock.GetUtcNow();
        var stuck = device.Pipelines.Calls().Where(call => call.Time > options.Value.StuckAfter * StepWatch.Unknown).ToList();
        foreach (var asked in _askedToReturn.Keys.Where(asked => asked.Device == device.Name && !stuck.Exists(call => call.Checkpoint == asked.Checkpoint)).ToList())
            _askedToReturn.Remove(asked);
        foreach (var call in stuck) Look(device, call, looked);
    }

    // A worker may be frozen between any two of these lines: the grace begins no sooner than the call was found stuck, and is over only if it was at the look.
    private void Look(RenderDevice device, NativeCall call, DateTimeOffset looked)
    {
        var doing = $"{(call.IsLoading ? "loading" : "in a call of")} the checkpoint {call.Checkpoint}";
        if (_askedToReturn.TryAdd((device.Name, call.Checkpoint), _clock.GetUtcNow()))
        {
            WorkerLog.CallStuck(logger, device.Name, doing, call.Time);
            runs.StopUsing(device.Name, call.Checkpoint);
        }
        else if (looked - _askedToReturn[(device.Name, call.Checkpoint)] >= options.Value.StuckGrace)
        {
            // Before the worker retires, which hands back what waits: this has failed. Again at each look, for what came in between.
            runs.AbandonUsing(device.Name, call.Checkpoint);
            if (retirement.Reason is not null) return;
            WorkerLog.CallAbandoned(logger, device.Name, doing, call.Time);
            retirement.Begin($"Device {device.Name} has been {doing} for {call.Time.TotalSeconds:0} s and does not stop; the worker takes no more and ends, to be started again.");
            heartbeats.Wake();
        }
    }
}
