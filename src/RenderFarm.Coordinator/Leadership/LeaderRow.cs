using Npgsql;

namespace RenderFarm.Coordinator.Leadership;

/// <summary>
/// The statements on the one row of table <c>leadership</c>: epoch, holder and expiry on the database's clock, so that no two coordinators
/// ever have to agree on the time. A holder that let it expire cannot renew it: it becomes leader again only by a new epoch, with all that
/// a new leader does first.
/// </summary>
internal static class LeaderRow
{
    /// <summary>Takes the row if it is free, with the next epoch.</summary>
    /// <returns>The epoch; or null and the time until the present leader expires if it does not renew.</returns>
    public static async Task<(long? Epoch, TimeSpan ExpiresIn)> TakeAsync(NpgsqlConnection connection, string holder, TimeSpan duration, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = SecondsOf(duration) };
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            INSERT INTO leadership AS l (name, epoch, holder, expires_at) VALUES ('farm', 1, $1, clock_timestamp() + $2)
            ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1, holder = $1, expires_at = clock_timestamp() + $2
            WHERE l.expires_at <= clock_timestamp()
            RETURNING epoch
            """)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = holder }, new NpgsqlParameter<TimeSpan> { TypedValue = duration } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT expires_at - clock_timestamp() FROM leadership WHERE name = 'farm'"));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        long? epoch = await reader.ReadAsync(cancellation) ? reader.GetInt64(0) : null;
        await reader.NextResultAsync(cancellation);
        return (epoch, await reader.ReadAsync(cancellation) ? reader.GetTimeSpan(0) : TimeSpan.Zero);
    }

    /// <summary>Prolongs an epoch.</summary>
    /// <returns>False when it has expired or another one leads.</returns>
    public static Task<bool> RenewAsync(NpgsqlConnection connection, long epoch, TimeSpan duration, CancellationToken cancellation) =>
        ExpireInAsync(connection, epoch, duration, duration, cancellation);

    /// <summary>Gives an epoch up, so that a standby need not wait for its expiry.</summary>
    public static Task ReleaseAsync(NpgsqlConnection connection, long epoch, TimeSpan duration, CancellationToken cancellation) =>
        ExpireInAsync(connection, epoch, TimeSpan.Zero, duration, cancellation);

    private static async Task<bool> ExpireInAsync(NpgsqlConnection connection, long epoch, TimeSpan left, TimeSpan duration, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE leadership SET expires_at = clock_timestamp() + $2 WHERE name = 'farm' AND epoch = $1 AND expires_at > clock_timestamp()", connection);
        command.CommandTimeout = SecondsOf(duration);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = epoch });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = left });
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    // An answer that comes after half the duration is no use any more.
    private static int SecondsOf(TimeSpan duration) => (int)Math.Ceiling(duration.TotalSeconds / 2);
}
