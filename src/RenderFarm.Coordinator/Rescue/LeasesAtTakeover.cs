using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Rescue;

/// <summary>
/// While nobody led, nobody could be heard in time: every lease starts anew in full. Workers that no coordinator has heard for a third of
/// a lease count as lost until they are heard, so that nothing is sent to one that went away meanwhile.
/// </summary>
internal sealed class LeasesAtTakeover(FarmRecord record, LeaseClock leases, IOptions<CoordinatorOptions> options, TimeProvider clock) : ILeadershipGained
{
    public Task OnGainedAsync(long epoch, CancellationToken cancellation) => record.LeadAsync(
        epoch,
        async db =>
        {
            var silentSince = clock.Now() - (options.Value.LeaseDuration / 3);
            await db.Workers.Where(worker => worker.Status == WorkerStatuses.Active && worker.LastSeenAt <= silentSince).ExecuteUpdateAsync(
                worker => worker.SetProperty(w => w.Status, WorkerStatuses.Lost), cancellation);
            // What this coordinator heard before it led is no ground to judge by.
            leases.Doubt(clock.Now());
            return await Leases.StartAnewAsync(db, clock.Now(), options.Value.LeaseDuration, cancellation);
        },
        cancellation);
}
