using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Background;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>
/// Announces the worker, then says at every beat that it lives and what it holds. The announcement is repeated every ten beats, so that a coordinator
/// that lost it learns of the worker again, and made at once when the checkpoints that it holds have changed.
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
    private long _beat;
    private string? _announced;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        var capabilities = offer.Capabilities;
        var held = string.Join(' ', capabilities.Checkpoints.Select(checkpoint => checkpoint.Digest));
        if (_beat % BeatsPerAnnouncement == 0 || held != _announced)
            await sender.TellAsync(new WorkerAnnounced(identity.Name, identity.Incarnation, capabilities), stopping);
        _announced = held;
        _beat++;
        await sender.TellAsync(new WorkerHeartbeat(identity.Name, identity.Incarnation, runs.Entries()), stopping);
        return false;
    }
}

/// <summary>What this worker can render.</summary>
internal sealed class WorkerOffer(CheckpointShelf shelf, RenderDevices devices, IOptions<WorkerOptions> options)
{
    /// <summary>As it is now: what is loaded, and what was measured, changes.</summary>
    public WorkerCapabilities Capabilities => new([.. devices.All.Select(device => device.Capabilities(options.Value.Slots))], shelf.Describe())
    {
        FetchesCheckpoints = shelf.Fetches,
    };
}
