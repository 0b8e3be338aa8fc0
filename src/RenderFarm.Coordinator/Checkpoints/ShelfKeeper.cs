using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Coordinator.Checkpoints;

/// <summary>Has devices load the checkpoints that the backlog asks for, by <see cref="ShelfPlan"/>. Runs on the leader alone.</summary>
internal sealed class ShelfKeeper(
    FarmRecord record,
    StoredCheckpoints stored,
    IAttemptSender sender,
    ILeadership leadership,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<ShelfKeeper> logger) : FarmLoop(options.Value.ShelfInterval, clock, logger)
{
    private readonly TimeProvider _clock = clock;
    private readonly Lock _gate = new();
    private readonly ShelfPlan _plan = new(new ShelfRules(
        options.Value.CheckpointsPerDevice, options.Value.CheckpointLoadTime, options.Value.CheckpointDwellFactor, options.Value.CheckpointQuietTime));

    /// <summary>Leaves to each device the checkpoints that it serves now, of those that its worker holds.</summary>
    public IReadOnlyList<DeviceLoad> Narrow(IReadOnlyList<DeviceLoad> devices)
    {
        lock (_gate)
        {
            foreach (var load in devices)
            {
                var device = ToShelf(load);
                load.Checkpoints = load.Checkpoints.Where(digest => _plan.Accepts(device, digest)).ToHashSet(StringComparer.Ordinal);
            }
        }

        return devices;
    }

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (leadership.Epoch is null || !sender.IsReady) return false;
        var devices = await Fleet.LoadAsync(record, _clock.Now(), stopping);
        var demands = await record.ReadAsync(db => DemandsAsync(db, SizeLimits.Of(devices), stopping), stopping);
        IReadOnlyList<ShelfMove> moves;
        lock (_gate) moves = _plan.Plan(_clock.Now(), demands, [.. devices.Where(device => device.Duty != WorkerDuty.None).Select(ToShelf)]);
        foreach (var move in moves) await PrepareAsync(move, stopping);
        return false;
    }

    private async Task PrepareAsync(ShelfMove move, CancellationToken cancellation)
    {
        CoordinatorLog.PreparingCheckpoint(logger, move.Worker, move.Device, move.Digest);
        try
        {
            await sender.PrepareAsync(move.Worker, new PrepareCheckpoint(move.Device, move.Digest), cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The plan gives the move up when nothing is announced, and tries anew.
            CoordinatorLog.PrepareFailed(logger, move.Worker, move.Digest, error);
        }
    }

    private async Task<List<ShelfDemand>> DemandsAsync(FarmDbContext db, SizeLimits limits, CancellationToken cancellation)
    {
        // Summed up by the database: a backlog may be a million jobs, of a few checkpoints and some sizes.
        var demands = await db.Jobs
            .Where(job => (job.Status == JobStatuses.Queued || job.Status == JobStatuses.Active) && job.TasksQueued > 0 && job.PausedAt == null)
            .GroupBy(job => new
            {
                job.Checkpoint,
                job.Upscaler,
                job.Pixels,
                job.Determinism,
                // As RenderJob.PinnedProfile has it.
                Profile = job.TasksCompleted + job.TasksDispatched + job.TasksRunning == 0 ? null : job.Profile,
            })
            .Select(group => new
            {
                group.Key.Checkpoint,
                group.Key.Upscaler,
                group.Key.Pixels,
                group.Key.Determinism,
                group.Key.Profile,
                Cost = group.Sum(job => job.Cost > job.CostEnded ? (double)(job.Cost - job.CostEnded) : 1.0),
            })
            .ToListAsync(cancellation);
        return demands.GroupBy(demand => (demand.Checkpoint, demand.Upscaler, Pixels: limits.EndOfRange(demand.Pixels), demand.Determinism, demand.Profile))
            .Select(group => new ShelfDemand(group.Key.Checkpoint, group.Sum(demand => demand.Cost), stored.Has(group.Key.Checkpoint))
            {
                Upscaler = group.Key.Upscaler,
                Pixels = group.Key.Pixels,
                Determinism = group.Key.Determinism,
                Profile = group.Key.Profile,
            }).ToList();
    }

    private static ShelfDevice ToShelf(DeviceLoad load) => new(
        load.Worker, load.Device, load.Speed,
        load.Checkpoints.Where(digest => digest != FarmWorker.Fetches).ToHashSet(StringComparer.Ordinal), load.Checkpoints.Contains(FarmWorker.Fetches))
    {
        Profile = load.Profile,
        Upscalers = load.Upscalers,
        PixelsPerImage = load.PixelsPerImage,
        IsFast = load.IsFast,
    };
}
