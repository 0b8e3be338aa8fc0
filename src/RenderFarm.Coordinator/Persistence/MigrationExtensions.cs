using Microsoft.EntityFrameworkCore;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>What both databases do to reach the present shape.</summary>
internal static class MigrationExtensions
{
    /// <summary>Applies the migrations that are missing.</summary>
    /// <exception cref="RecordException">The record has a migration that this version does not know.</exception>
    public static async Task MigrateKnownAsync(this FarmDbContext db, CancellationToken cancellation)
    {
        var unknown = (await db.Database.GetAppliedMigrationsAsync(cancellation)).Except(db.Database.GetMigrations()).ToList();
        if (unknown.Count > 0)
            throw new RecordException($"The record has the shape of a newer RenderFarm (migration {unknown[0]}). Use that version, or another record.");
        await db.Database.MigrateAsync(cancellation);
    }
}
