using Npgsql;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing.Coordinator;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>A test of what only PostgreSQL has: an empty record in it, and what is said to it beside the farm.</summary>
public abstract class SharedRecordTest : RecordTest
{
    internal PostgresDatabase Postgres => (PostgresDatabase)Database;

    internal override async Task<IDatabase> OpenAsync() => new PostgresDatabase(await PostgresRecord.NewAsync(), TimeSpan.FromSeconds(30));

    internal override Task<long> LeadAsync() => PostgresRecordTests.LeadAsync(Postgres, Cancellation);

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>The first column of an answer: the lines of a plan.</summary>
    internal static async Task<List<string>> LinesAsync(NpgsqlConnection connection, string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var lines = new List<string>();
        while (await reader.ReadAsync(Cancellation)) lines.Add(reader.GetString(0));
        return lines;
    }
}
