using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>
/// Brings the record up before any other service starts. While the coordinator was away nobody could renew a lease, so every lease
/// starts anew in full; and workers count as lost until they are heard, so that nothing is sent to one that went away meanwhile.
/// </summary>
internal sealed class RecordStartup(
    FarmRecord record,
    IDbContextFactory<FarmDbContext> contexts,
    IDatabase database,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock) : IHostedLifecycleService
{
    /// <summary>True once the record has its present shape.</summary>
    public bool IsMigrated { get; private set; }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await MigrateAsync(cancellationToken);
        await record.WriteAsync(
            async db =>
            {
                await db.Workers.Where(worker => worker.Status == WorkerStatuses.Active).ExecuteUpdateAsync(
                    worker => worker.SetProperty(w => w.Status, WorkerStatuses.Lost), cancellationToken);
                return await Leases.StartAnewAsync(db, clock.Now(), options.Value.LeaseDuration, cancellationToken);
            },
            cancellationToken);
        IsMigrated = true;
    }

    private async Task MigrateAsync(CancellationToken cancellation)
    {
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellation);
            await database.PrepareAsync(db, cancellation);
            var unknown = (await db.Database.GetAppliedMigrationsAsync(cancellation)).Except(db.Database.GetMigrations()).ToList();
            if (unknown.Count > 0)
                throw new RecordException($"The record has the shape of a newer RenderFarm (migration {unknown[0]}). Use that version, or another record.");
            await db.Database.MigrateAsync(cancellation);
        }
        catch (Exception error) when (error is DbException or IOException or UnauthorizedAccessException)
        {
            throw new RecordException($"The record {options.Value.DatabasePath} cannot be opened: {error.Message} Check the path, its rights and the free space.", error);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
