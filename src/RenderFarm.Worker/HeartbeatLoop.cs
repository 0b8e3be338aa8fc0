using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.Background;

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
internal sealed class WorkerOffer(CheckpointShelf shelf, IOptions<WorkerOptions> options)
{
    private readonly string _profile =
        SettingsMapping.ToProfile(Diffusion.ExecutionEnvironment.Of(SettingsMapping.ToPipelineOptions(options.Value))).ToString();

    /// <summary>One device; its speed is not known before it has rendered something.</summary>
    public WorkerCapabilities Capabilities => new(
        [new DeviceCapabilities(WorkerIdentity.Device, options.Value.Slots, _profile, PixelStepsPerSecond: 0)], shelf.Describe())
    {
        FetchesCheckpoints = shelf.Fetches,
    };
}
