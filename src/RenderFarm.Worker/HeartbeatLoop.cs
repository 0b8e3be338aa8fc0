using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Background;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>
/// Announces the worker, then says at every beat that it lives and what it holds. The announcement is repeated with the first beats and then every
/// ten, so that a coordinator that lost it learns of the worker again, and soon when it is new; it is made at once when the checkpoints that it holds, or those
/// that are loaded, have changed. A worker that retires offers no device from then on, and beats until it leaves.
/// </summary>
internal sealed class HeartbeatLoop(
    WorkerIdentity identity,
    HeldRuns runs,
    WorkerOffer offer,
    IReportSender sender,
    IOptions<WorkerOptions> options,
    TimeProvider clock,
    ILogger<HeartbeatLoop> logger)
    : FarmLoop(options.Value.Heartbeat, clock, logger)
{
    private const int BeatsPerAnnouncement = 10;
    private const int FirstBeats = 3;
    private long _beat;
    private string? _announced;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        var capabilities = offer.Capabilities;
        var offered = string.Join(' ', capabilities.Devices.SelectMany(device => (device.Resident ?? []).Prepend(device.Device))
            .Concat(capabilities.Checkpoints.Select(checkpoint => checkpoint.Digest)));
        if (_beat < FirstBeats || _beat % BeatsPerAnnouncement == 0 || offered != _announced)
            await sender.TellAsync(new WorkerAnnounced(identity.Name, identity.Incarnation, capabilities), stopping);
        _announced = offered;
        _beat++;
        await sender.TellAsync(new WorkerHeartbeat(identity.Name, identity.Incarnation, runs.Entries()), stopping);
        return false;
    }
}

/// <summary>What this worker can render.</summary>
internal sealed class WorkerOffer(CheckpointShelf shelf, UpscalerShelf upscalers, RenderDevices devices, Retirement retirement, IOptions<WorkerOptions> options)
{
    /// <summary>As it is now: what is loaded, and what was measured, changes. Without a device once the worker retires: it could only give work back, and would look idle.</summary>
    public WorkerCapabilities Capabilities => new([.. Devices.Select(device => device.Capabilities(options.Value.Slots))], shelf.Describe())
    {
        FetchesCheckpoints = shelf.Fetches,
        Upscalers = upscalers.Held,
    };

    private IEnumerable<RenderDevice> Devices => retirement.Reason is null ? devices.All : [];
}
