using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Testing.Faults.Inside;

/// <summary>The kill points of a coordinator.</summary>
internal static class CoordinatorFaults
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Register(IServiceCollection services, KillSwitch kill)
    {
        services.Wrap<IAttemptSender>(sender => new WatchedAttemptSender(sender, kill));
        services.AddSingleton(provider => new FarmRecord(new WatchedDatabase(provider.GetRequiredService<IDatabase>(), kill)));
    }
}

/// <summary>Sees attempts leave.</summary>
internal sealed class WatchedAttemptSender(IAttemptSender inner, KillSwitch kill) : IAttemptSender
{
    public bool IsReady => inner.IsReady;

    public async Task RunAsync(string worker, string device, IReadOnlyList<RunAttempt> commands, CancellationToken cancellation)
    {
        foreach (var _ in commands) kill.Pass(KillPoint.Claimed);
        await inner.RunAsync(worker, device, commands, cancellation);
        foreach (var _ in commands) kill.Pass(KillPoint.Published);
    }

    public Task CancelAsync(string worker, CancelAttempt command, CancellationToken cancellation) => inner.CancelAsync(worker, command, cancellation);

    public Task PrepareAsync(string worker, PrepareCheckpoint command, CancellationToken cancellation) => inner.PrepareAsync(worker, command, cancellation);

    public Task ProbeAsync(LeaseProbe probe, CancellationToken cancellation) => inner.ProbeAsync(probe, cancellation);

    public Task ReturnProbeAsync(LeaseProbe probe, CancellationToken cancellation) => inner.ReturnProbeAsync(probe, cancellation);
}

/// <summary>Sees successes that are written and not committed.</summary>
internal sealed class WatchedDatabase(IDatabase inner, KillSwitch kill) : IDatabase
{
    public string Place => inner.Place;

    public bool HasSingleWriter => inner.HasSingleWriter;

    public FarmDbContext CreateDbContext() => inner.CreateDbContext();

    public Task<List<RenderTask>> FindTasksAsync(FarmDbContext db, IReadOnlyCollection<(Contracts.JobId Job, int Index)> keys, CancellationToken cancellation) =>
        inner.FindTasksAsync(db, keys, cancellation);

    public async Task SaveAsync(FarmDbContext db, CancellationToken cancellation)
    {
        var hasSuccess = db.ChangeTracker.Entries<RenderTask>()
            .Any(entry => entry.State == EntityState.Modified && entry.Entity.Status == TaskStatuses.Completed);
        await inner.SaveAsync(db, cancellation);
        if (hasSuccess) kill.Pass(KillPoint.ReportWritten);
    }

    public Task MigrateAsync(CancellationToken cancellation) => inner.MigrateAsync(cancellation);

    public Task<IDisposable> EnterWriteAsync(CancellationToken cancellation) => inner.EnterWriteAsync(cancellation);

    public Task TakeTurnAsync(FarmDbContext db, CancellationToken cancellation) => inner.TakeTurnAsync(db, cancellation);

    public Task<bool> HoldsEpochAsync(FarmDbContext db, long epoch, CancellationToken cancellation) => inner.HoldsEpochAsync(db, epoch, cancellation);

    public Task InsertTasksAsync(FarmDbContext db, Contracts.JobId job, IEnumerable<CostStretch> stretches, CancellationToken cancellation) =>
        inner.InsertTasksAsync(db, job, stretches, cancellation);

    public Task<List<RenderJob>> FindJobsAsync(FarmDbContext db, IReadOnlyCollection<JobId> jobs, CancellationToken cancellation) => inner.FindJobsAsync(db, jobs, cancellation);

    public IQueryable<RenderJob> Begun(FarmDbContext db) => inner.Begun(db);

    public IQueryable<RenderJob> FirstQueued(FarmDbContext db, int inAll, int ofEach, SizeLimits limits) => inner.FirstQueued(db, inAll, ofEach, limits);

    public Task<List<PeekedTask>> PeekAsync(Peek peek, CancellationToken cancellation) => inner.PeekAsync(peek, cancellation);

    public Task<List<ClaimedTask>> ClaimAsync(Claim claim, CancellationToken cancellation) => inner.ClaimAsync(claim, cancellation);

    public bool IsUniqueViolation(DbUpdateException error) => inner.IsUniqueViolation(error);

    public bool IsUnavailable(Exception error) => inner.IsUnavailable(error);

    public void GiveUpSpoilt(Exception error) => inner.GiveUpSpoilt(error);
}
