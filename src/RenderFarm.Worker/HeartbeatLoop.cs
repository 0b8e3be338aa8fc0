using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Background;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>
/// Announces the worker, then says at every beat that it lives and what it holds. The announcement is repeated with the first beats and then every
/// ten, so that a coordinator that lost it learns of the worker again, and soon when it is new; it is made at once when the checkpoints that it holds have
/// changed. A worker whose engine was given up leaves when it has reported what it held.
/// </summary>
internal sealed class HeartbeatLoop(
    WorkerIdentity identity,
    HeldRuns runs,
    WorkerOffer offer,
    EngineWatchdog watchdog,
    IReportSender sender,
    IOptions<WorkerOptions> options,
    TimeProvider clock,
    ILogger<HeartbeatLoop> logger)
    : FarmLoop(options.Value.Heartbeat, clock, logger)
{
    private const int BeatsPerAnnouncement = 10;
    private const int FirstBeats = 3;
    private long _beat;
    private bool _hasLeft;
    private string? _announced;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (watchdog.Reason is not null && runs.Snapshot().Count == 0)
        {
            // Alive it would be given work, and could only give it back.
            if (!_hasLeft) await sender.TellAsync(new WorkerLeft(identity.Name, identity.Incarnation), stopping);
            _hasLeft = true;
            return false;
        }

        var capabilities = offer.Capabilities;
        var held = string.Join(' ', capabilities.Checkpoints.Select(checkpoint => checkpoint.Digest));
        if (_beat < FirstBeats || _beat % BeatsPerAnnouncement == 0 || held != _announced)
            await sender.TellAsync(new WorkerAnnounced(identity.Name, identity.Incarnation, capabilities), stopping);
        _announced = held;
        _beat++;
        await sender.TellAsync(new WorkerHeartbeat(identity.Name, identity.Incarnation, runs.Entries()), stopping);
        return false;
    }
}

/// <summary>What this worker can render.</summary>
internal sealed class WorkerOffer(CheckpointShelf shelf, UpscalerShelf upscalers, RenderDevices devices, IOptions<WorkerOptions> options)
{
    /// <summary>As it is now: what is loaded, and what was measured, changes.</summary>
    public WorkerCapabilities Capabilities => new([.. devices.All.Select(device => device.Capabilities(options.Value.Slots))], shelf.Describe())
    {
        FetchesCheckpoints = shelf.Fetches,
        Upscalers = upscalers.Held,
    };
}
