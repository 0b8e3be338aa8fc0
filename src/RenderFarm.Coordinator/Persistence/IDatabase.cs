using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>What differs between databases, and nothing else: everything above speaks EF Core.</summary>
internal interface IDatabase
{
    /// <summary>Points a context at the database.</summary>
    void Configure(DbContextOptionsBuilder options);

    /// <summary>Settings of the database as a whole; runs before the migrations.</summary>
    Task PrepareAsync(FarmDbContext db, CancellationToken cancellation);

    /// <summary>A turn to write; writers that the database lets run side by side get theirs at once.</summary>
    Task<IDisposable> EnterWriteAsync(CancellationToken cancellation);

    /// <summary>Inserts the queued tasks of a job within the context's transaction, without making an object of each.</summary>
    Task InsertTasksAsync(FarmDbContext db, JobId job, IEnumerable<CostStretch> stretches, CancellationToken cancellation);

    /// <summary>Whether a refused write broke a unique index: somebody else wrote the same key first.</summary>
    bool IsUniqueViolation(DbUpdateException error);
}
