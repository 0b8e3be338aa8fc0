using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Sqlite;
using RenderFarm.Testing.Coordinator;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

public sealed class SqliteRecordTests : RecordConformance
{
    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    internal override async Task<IDatabase> OpenAsync()
    {
        var database = new SqliteDatabase(Path.Combine(_folder.Path, "farm.db"), TimeSpan.FromSeconds(30));
        await database.MigrateAsync(Cancellation);
        return database;
    }
}
