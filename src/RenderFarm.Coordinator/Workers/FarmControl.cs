using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What people do to workers and to the farm: drain, resume, release, pause. Saying it twice changes nothing.</summary>
internal sealed class FarmControl(FarmRecord record, Dispatcher dispatcher, TimeProvider clock, ILogger<FarmControl> logger)
{
    /// <summary>Whether the farm is paused.</summary>
    public static Task<DateTimeOffset?> PausedAtAsync(FarmDbContext db, CancellationToken cancellation) =>
        db.State.Where(state => state.Id == FarmState.Only).Select(state => state.PausedAt).SingleOrDefaultAsync(cancellation);

    /// <summary>The worker takes no more; what it holds it finishes.</summary>
    /// <returns>False when there is no such worker.</returns>
    public Task<bool> DrainAsync(string worker, CancellationToken cancellation) =>
        ChangeAsync(worker, "drained", row => row.DrainedAt ??= clock.Now(), cancellation);

    /// <summary>The worker takes work again.</summary>
    /// <returns>False when there is no such worker.</returns>
    public Task<bool> ResumeAsync(string worker, CancellationToken cancellation) =>
        ChangeAsync(worker, "resumed", row => row.DrainedAt = null, cancellation);

    /// <summary>Ends the worker's quarantine and forgets its faults.</summary>
    /// <returns>False when there is no such worker.</returns>
    public Task<bool> ReleaseAsync(string worker, CancellationToken cancellation) =>
        ChangeAsync(worker, "released", WorkerStanding.Release, cancellation);

    /// <summary>Pauses the farm or lets it go on.</summary>
    /// <returns>Since when it is paused; null when it runs.</returns>
    public async Task<DateTimeOffset?> SetPausedAsync(bool paused, CancellationToken cancellation)
    {
        var since = await record.WriteAsync(
            async db =>
            {
                var state = await db.State.SingleOrDefaultAsync(row => row.Id == FarmState.Only, cancellation);
                if (state is null) db.State.Add(state = new FarmState());
                return state.PausedAt = paused ? state.PausedAt ?? clock.Now() : null;
            },
            cancellation);
        CoordinatorLog.FarmChanged(logger, paused ? "paused" : "resumed");
        dispatcher.Wake();
        return since;
    }

    private async Task<bool> ChangeAsync(string worker, string change, Action<FarmWorker> apply, CancellationToken cancellation)
    {
        var found = await record.WriteAsync(
            async db =>
            {
                var row = await db.Workers.SingleOrDefaultAsync(one => one.Name == worker, cancellation);
                if (row is not null) apply(row);
                return row is not null;
            },
            cancellation);
        if (!found) return false;
        CoordinatorLog.WorkerChanged(logger, worker, change);
        dispatcher.Wake();
        return true;
    }
}
