using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Worker;

/// <summary>
/// Announces the worker, then says at every beat that it lives and what it holds. The announcement is repeated with the
/// first beats and then every ten, so that a coordinator that lost it learns of the worker again, and soon when it is new. A worker whose engine was given up leaves when it has reported what it held.
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

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (watchdog.Reason is not null && runs.Snapshot().Count == 0)
        {
            // Alive it would be given work, and could only give it back.
            if (!_hasLeft) await sender.TellAsync(new WorkerLeft(identity.Name, identity.Incarnation), stopping);
            _hasLeft = true;
            return false;
        }

        if (_beat < FirstBeats || _beat % BeatsPerAnnouncement == 0)
            await sender.TellAsync(new WorkerAnnounced(identity.Name, identity.Incarnation, offer.Capabilities), stopping);
        _beat++;
        await sender.TellAsync(new WorkerHeartbeat(identity.Name, identity.Incarnation, runs.Entries()), stopping);
        return false;
    }
}

/// <summary>What this worker can render.</summary>
internal sealed class WorkerOffer(CheckpointShelf shelf, IOptions<WorkerOptions> options)
{
    /// <summary>One device; its speed is not known before it has rendered something.</summary>
    public WorkerCapabilities Capabilities { get; } = new(
        [
            new DeviceCapabilities(
                WorkerIdentity.Device,
                options.Value.Slots,
                SettingsMapping.ToProfile(Diffusion.ExecutionEnvironment.Of(SettingsMapping.ToPipelineOptions(options.Value))).ToString(),
                PixelStepsPerSecond: 0),
        ],
        shelf.Describe());
}
