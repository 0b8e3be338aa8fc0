using System.Collections.Concurrent;
using Npgsql;
using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>
/// Makes and drops the partitions of <c>tasks</c> without stopping anyone: a partition is made beside the table and attached, and
/// detached concurrently before it is dropped, so readers and writers never wait behind a lock on the whole table.
/// </summary>
internal sealed class TaskPartitions(NpgsqlDataSource source)
{
    private const long PartitionLock = 0x7266_0003;

    // A fifth of a page stays free, so that a claimed row's next version stands beside it: one page to write, not two. Vacuum after a
    // fixed number of dead rows: a share of a million would be far too many for the index of what waits.
    private const string Storage =
        "fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000";

    private readonly ConcurrentDictionary<TaskPartition, bool> _known = new();

    /// <summary>Makes the partition of a job's day when it is missing.</summary>
    public Task EnsureAsync(JobId job, CancellationToken cancellation) => EnsureAsync(TaskPartition.Of(job), cancellation);

    /// <summary>Makes the partitions of today and of days ahead, so that no submission has to.</summary>
    public async Task EnsureAheadAsync(DateTimeOffset now, int days, CancellationToken cancellation)
    {
        for (var day = 0; day <= days; day++) await EnsureAsync(TaskPartition.Of(now.AddDays(day)), cancellation);
    }

    /// <summary>All partitions, the oldest first; among them those that were detached and, because the coordinator or the statement was stopped, not dropped.</summary>
    public async Task<List<TaskPartition>> AllAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("""
            SELECT c.relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'tasks'::regclass)
              AND (i.inhparent = 'tasks'::regclass OR i.inhparent IS NULL)
            ORDER BY c.relname
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<TaskPartition>();
        while (await reader.ReadAsync(cancellation))
        {
            if (TaskPartition.OfTable(reader.GetString(0)) is { } partition) found.Add(partition);
        }

        return found;
    }

    /// <summary>Drops a partition with all its rows. One that an earlier call left half detached is finished.</summary>
    public async Task DropAsync(TaskPartition partition, CancellationToken cancellation)
    {
        _known.TryRemove(partition, out _);
        await using var connection = await source.OpenConnectionAsync(cancellation);
        var attached = await ScalarAsync(connection, AttachedIn(partition), cancellation);
        if (attached is bool pending)
            await ExecuteAsync(connection, $"ALTER TABLE tasks DETACH PARTITION {partition.Table} {(pending ? "FINALIZE" : "CONCURRENTLY")}", cancellation);
        await ExecuteAsync(connection, $"DROP TABLE IF EXISTS {partition.Table}", cancellation);
    }

    private async Task EnsureAsync(TaskPartition partition, CancellationToken cancellation)
    {
        if (_known.ContainsKey(partition)) return;
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({PartitionLock})", cancellation);
        if (await ScalarAsync(connection, AttachedIn(partition), cancellation) is null)
        {
            await ExecuteAsync(connection, $"CREATE TABLE IF NOT EXISTS {partition.Table} (LIKE tasks INCLUDING ALL) WITH ({Storage})", cancellation);
            await ExecuteAsync(
                connection, $"ALTER TABLE tasks ATTACH PARTITION {partition.Table} FOR VALUES FROM ('{partition.First}') TO ('{partition.End}')", cancellation);
        }

        await transaction.CommitAsync(cancellation);
        _known[partition] = true;
    }

    // Null: not attached. True: a concurrent detaching was cut short.
    private static string AttachedIn(TaskPartition partition) => $"""
        SELECT i.inhdetachpending FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'tasks'::regclass AND c.relname = '{partition.Table}'
        """;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statement, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string statement, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync(cancellation);
    }
}
