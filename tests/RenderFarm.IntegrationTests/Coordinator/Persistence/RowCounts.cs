using Npgsql;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>How many rows of one job, or of any, a statement changed.</summary>
/// <param name="Transaction">Its transaction.</param>
/// <param name="Job">The job; null where rows are not told apart by it.</param>
/// <param name="Rows">Rows.</param>
internal sealed record RowCount(long Transaction, Guid? Job, long Rows);

/// <summary>Has PostgreSQL itself count what statements change, so that a test sees how large transactions are without measuring time.</summary>
internal sealed class RowCounts(NpgsqlDataSource source)
{
    private const string Shape = "CREATE TABLE IF NOT EXISTS row_counts (id bigserial PRIMARY KEY, transaction bigint, job uuid, rows bigint)";

    /// <summary>Counts updated tasks by job.</summary>
    public Task WatchTasksAsync(CancellationToken cancellation) => WatchAsync("tasks", "UPDATE", "NEW", "job_id", cancellation);

    /// <summary>Counts deleted jobs.</summary>
    public Task WatchDeletedJobsAsync(CancellationToken cancellation) => WatchAsync("jobs", "DELETE", "OLD", "NULL::uuid", cancellation);

    /// <summary>What was counted, in order.</summary>
    public async Task<List<RowCount>> ReadAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("SELECT transaction, job, rows FROM row_counts ORDER BY id");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<RowCount>();
        while (await reader.ReadAsync(cancellation)) found.Add(new RowCount(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetInt64(2)));
        return found;
    }

    private async Task WatchAsync(string table, string what, string rows, string job, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"""
            {Shape};
            CREATE FUNCTION count_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO row_counts (transaction, job, rows) SELECT txid_current(), {job}, count(*) FROM changed GROUP BY 2;
                RETURN NULL;
            END $$;
            CREATE TRIGGER count_{table} AFTER {what} ON {table} REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_{table}();
            """);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
