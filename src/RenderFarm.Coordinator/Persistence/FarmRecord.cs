using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Leadership;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>The ways to the record: read a consistent view, change it in one transaction, or only add to it.</summary>
internal sealed class FarmRecord(IDatabase database)
{
    private const int ReadTries = 3;

    /// <summary>Reads without tracking. Tried again when the database went away meanwhile.</summary>
    public async Task<T> ReadAsync<T>(Func<FarmDbContext, Task<T>> read, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await using var db = database.CreateDbContext();
                db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
                return await read(db);
            }
            catch (Exception error) when (tries < ReadTries && !cancellation.IsCancellationRequested && database.IsUnavailable(error))
            {
                // A pooled connection that the server cut says so once; the next one is new. Longer absences are the caller's.
                database.GiveUpSpoilt(error);
            }
        }
    }

    /// <summary>
    /// Changes the record: what <paramref name="write"/> did to tracked rows is saved, and all of it is committed or nothing. Writers take
    /// turns, those of other coordinators included: what is read here still holds at the commit.
    /// </summary>
    public Task<T> WriteAsync<T>(Func<FarmDbContext, Task<T>> write, CancellationToken cancellation) => WriteAsync(null, write, cancellation);

    /// <summary>As <see cref="WriteAsync{T}(Func{FarmDbContext, Task{T}}, CancellationToken)"/>, if the epoch still leads at the commit.</summary>
    /// <exception cref="LeadershipLostException">Another coordinator leads, or nobody; nothing was changed.</exception>
    public Task<T> LeadAsync<T>(long epoch, Func<FarmDbContext, Task<T>> write, CancellationToken cancellation) => WriteAsync(epoch, write, cancellation);

    /// <summary>
    /// Adds rows that nobody knows of yet, in one transaction and without a turn: a million rows of one job hold up nobody's
    /// reports.
    /// </summary>
    public async Task<T> AddAsync<T>(Func<FarmDbContext, Task<T>> add, CancellationToken cancellation)
    {
        // Where only one may write at all, the turn of this process is the database's own.
        using var turn = database.HasSingleWriter ? await database.EnterWriteAsync(cancellation) : null;
        await using var db = database.CreateDbContext();
        await using var transaction = await BeginAsync(db, false, cancellation);
        return await FinishAsync(db, transaction, add, cancellation);
    }

    /// <summary>Whether an error says that the database is away, so that another try may succeed.</summary>
    public bool IsAway(Exception error) => database.IsUnavailable(error);

    /// <summary>Tracked tasks by job and index, for a change of the record; those that are not there are left out.</summary>
    public Task<List<RenderTask>> FindTasksAsync(FarmDbContext db, IReadOnlyCollection<(JobId Job, int Index)> keys, CancellationToken cancellation) =>
        database.FindTasksAsync(db, keys, cancellation);

    /// <summary>Tracked jobs by id, for a change of the record; those that are not there are left out.</summary>
    public Task<List<RenderJob>> FindJobsAsync(FarmDbContext db, IReadOnlyCollection<JobId> jobs, CancellationToken cancellation) =>
        database.FindJobsAsync(db, jobs, cancellation);

    private async Task<T> WriteAsync<T>(long? epoch, Func<FarmDbContext, Task<T>> write, CancellationToken cancellation)
    {
        using var turn = await database.EnterWriteAsync(cancellation);
        await using var db = database.CreateDbContext();
        await using var transaction = await BeginAsync(db, true, cancellation);
        if (epoch is { } leading && !await database.HoldsEpochAsync(db, leading, cancellation))
            throw new LeadershipLostException($"Epoch {leading} does not lead any more; nothing was changed.");
        return await FinishAsync(db, transaction, write, cancellation);
    }

    private async Task<T> FinishAsync<T>(FarmDbContext db, IDbContextTransaction transaction, Func<FarmDbContext, Task<T>> write, CancellationToken cancellation)
    {
        try
        {
            var result = await write(db);
            await database.SaveAsync(db, cancellation);
            await transaction.CommitAsync(cancellation);
            return result;
        }
        catch (Exception error)
        {
            database.GiveUpSpoilt(error);
            throw;
        }
    }

    // Nothing has happened yet, so a connection that turns out to be dead is replaced without anyone noticing.
    private async Task<IDbContextTransaction> BeginAsync(FarmDbContext db, bool takeTurn, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            IDbContextTransaction? transaction = null;
            try
            {
                // Nobody goes on after a save that failed: the savepoint that goes with each would be two ways to the server for nothing.
                db.Database.AutoSavepointsEnabled = false;
                transaction = await db.Database.BeginTransactionAsync(cancellation);
                if (takeTurn) await database.TakeTurnAsync(db, cancellation);
                return transaction;
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested && database.IsUnavailable(error))
            {
                database.GiveUpSpoilt(error);
                if (transaction is not null) await transaction.DisposeAsync();
                if (tries == ReadTries) throw;
            }
        }
    }
}
