using Npgsql;

namespace RenderFarm.Coordinator.Leadership;

/// <summary>
/// The statements on the one row of table <c>leadership</c>: epoch, holder and expiry on the database's clock, so that no two coordinators
/// ever have to agree on the time. A holder that let it expire cannot renew it: it becomes leader again only by a new epoch, with all that
/// a new leader does first. A leader may offer what it holds: it leads on, until another takes it.
/// </summary>
internal static class LeaderRow
{
    // Behind the holder's name, where coordinators of the version before write nothing and read nothing.
    private const string Offered = " offers";

    /// <summary>Takes the row if it is free, with the next epoch.</summary>
    /// <param name="connection">A connection of the leadership's own.</param>
    /// <param name="holder">Who takes it.</param>
    /// <param name="duration">Time until it expires.</param>
    /// <param name="deference">How long it must have been free.</param>
    /// <param name="takesOffered">Whether to take it also from a leader that offers it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The epoch; or null and the time until it may be taken if the present leader does not renew.</returns>
    public static async Task<(long? Epoch, TimeSpan FreeIn)> TakeAsync(
        NpgsqlConnection connection, string holder, TimeSpan duration, TimeSpan deference, bool takesOffered, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = SecondsOf(duration) };
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            INSERT INTO leadership AS l (name, epoch, holder, expires_at) VALUES ('farm', 1, $1, clock_timestamp() + $2)
            ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1, holder = $1, expires_at = clock_timestamp() + $2
            WHERE l.expires_at + $3 <= clock_timestamp() OR ($4 AND right(l.holder, length($5)) = $5)
            RETURNING epoch
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = holder },
                new NpgsqlParameter<TimeSpan> { TypedValue = duration },
                new NpgsqlParameter<TimeSpan> { TypedValue = deference },
                new NpgsqlParameter<bool> { TypedValue = takesOffered },
                new NpgsqlParameter<string> { TypedValue = Offered },
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT expires_at + $1 - clock_timestamp() FROM leadership WHERE name = 'farm'")
        {
            Parameters = { new NpgsqlParameter<TimeSpan> { TypedValue = deference } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        long? epoch = await reader.ReadAsync(cancellation) ? reader.GetInt64(0) : null;
        await reader.NextResultAsync(cancellation);
        return (epoch, await reader.ReadAsync(cancellation) ? reader.GetTimeSpan(0) : TimeSpan.Zero);
    }

    /// <summary>Prolongs an epoch.</summary>
    /// <param name="connection">A connection of the leadership's own.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="holder">Who holds it.</param>
    /// <param name="isOffered">Whether another may take it before it expires.</param>
    /// <param name="duration">Time until it expires.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>False when it has expired or another one leads.</returns>
    public static async Task<bool> RenewAsync(
        NpgsqlConnection connection, long epoch, string holder, bool isOffered, TimeSpan duration, CancellationToken cancellation)
    {
        await using var command = Change(connection, "expires_at = clock_timestamp() + $2, holder = $3", epoch, duration);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = duration });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = isOffered ? holder + Offered : holder });
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>Gives an epoch up, so that a standby need not wait for its expiry.</summary>
    public static async Task ReleaseAsync(NpgsqlConnection connection, long epoch, TimeSpan duration, CancellationToken cancellation)
    {
        await using var command = Change(connection, "expires_at = clock_timestamp()", epoch, duration);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlCommand Change(NpgsqlConnection connection, string change, long epoch, TimeSpan duration) => new(
        $"UPDATE leadership SET {change} WHERE name = 'farm' AND epoch = $1 AND expires_at > clock_timestamp()", connection)
    {
        CommandTimeout = SecondsOf(duration),
        Parameters = { new NpgsqlParameter<long> { TypedValue = epoch } },
    };

    // An answer that comes after half the duration is no use any more.
    private static int SecondsOf(TimeSpan duration) => (int)Math.Ceiling(duration.TotalSeconds / 2);
}
