using Npgsql;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing.Services;

namespace RenderFarm.Testing.Coordinator;

/// <summary>Empty records of the present shape on the shared server, copied from one that was migrated once.</summary>
public static class PostgresRecord
{
    private static readonly Lazy<Task<string>> Template = new(MakeTemplateAsync);

    /// <summary>A record for one test. Returns its connection string.</summary>
    /// <exception cref="ServiceUnavailableException">There is no server; the test is skipped.</exception>
    public static async Task<string> NewAsync() => WithFewConnections(await (await PostgresService.SharedAsync()).AddDatabaseAsync(await Template.Value));

    /// <summary>A database without tables for one test. Returns its connection string.</summary>
    public static async Task<string> NewEmptyAsync() => WithFewConnections(await PostgresService.NewDatabaseAsync());

    private static async Task<string> MakeTemplateAsync()
    {
        var connection = await PostgresService.NewDatabaseAsync();
        await using (var database = new PostgresDatabase(connection, TimeSpan.FromSeconds(30))) await database.MigrateAsync(CancellationToken.None);
        return new NpgsqlConnectionStringBuilder(connection).Database!;
    }

    // Many tests run at once against one server.
    private static string WithFewConnections(string connection) => new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 20 }.ConnectionString;
}
