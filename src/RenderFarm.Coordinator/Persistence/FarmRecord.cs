using Microsoft.EntityFrameworkCore;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>The two ways to the record: read a consistent view, or change it in one transaction.</summary>
internal sealed class FarmRecord(IDbContextFactory<FarmDbContext> contexts, IDatabase database)
{
    /// <summary>Reads without tracking.</summary>
    public async Task<T> ReadAsync<T>(Func<FarmDbContext, Task<T>> read, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        return await read(db);
    }

    /// <summary>Changes the record: what <paramref name="write"/> did to tracked rows is saved, and all of it is committed or nothing.</summary>
    public async Task<T> WriteAsync<T>(Func<FarmDbContext, Task<T>> write, CancellationToken cancellation)
    {
        using var turn = await database.EnterWriteAsync(cancellation);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var result = await write(db);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return result;
    }
}
