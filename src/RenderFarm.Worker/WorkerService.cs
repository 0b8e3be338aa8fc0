using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>Leaves in good order: takes no more, hands back what is held without spending an attempt, and says goodbye.</summary>
/// <remarks>Registered after the loops it needs, so that the host stops it before them.</remarks>
internal sealed class WorkerService(
    WorkerIdentity identity,
    HeldRuns runs,
    RenderDevices devices,
    CheckpointShelf shelf,
    HeartbeatLoop heartbeats,
    IReportSender sender,
    IOptions<WorkerOptions> options,
    TimeProvider clock,
    ILogger<WorkerService> logger) : IHostedService
{
    /// <summary>Loads the default checkpoint, so that a damaged one stops the start and not the first job.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (shelf.DefaultDigest is not { } first) return;
        foreach (var device in devices.All)
        {
            using var prewarmed = await device.Pipelines.UseAsync(first, cancellationToken);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // One bound for all of it: a bus that is away neither takes the reports nor the farewell, and may not even refuse them.
        using var grace = new CancellationTokenSource(options.Value.StopGrace, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, cancellationToken);
        try
        {
            await runs.CloseAsync().WaitAsync(either.Token);
            // Not another beat after the farewell, which has to be the last word.
            await heartbeats.StopAsync(either.Token);
            await sender.TellAsync(new WorkerLeft(identity.Name, identity.Incarnation), either.Token).WaitAsync(either.Token);
        }
        catch (Exception error)
        {
            WorkerLog.LeftHolding(logger, runs.Snapshot().Count, error);
        }
    }
}
