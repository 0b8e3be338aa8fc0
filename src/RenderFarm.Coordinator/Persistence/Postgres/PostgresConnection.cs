using System.Net.Sockets;
using Npgsql;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>How connections are made, unless the connection string says otherwise, and which of their errors pass.</summary>
internal static class PostgresConnection
{
    // A coordinator that freezes inside a transaction holds the turn to write; the server takes it back before a standby has taken over.
    private static readonly TimeSpan FrozenTransaction = TimeSpan.FromSeconds(3);

    // No wait without a bound: beyond it the caller tries again, from fresh reads.
    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(10);

    // idle_in_transaction_session_timeout, which has no name in Npgsql's list.
    private const string FrozenTransactionEnded = "25P03";

    /// <summary>The connection string with our defaults filled in.</summary>
    public static NpgsqlConnectionStringBuilder WithDefaults(string connection, TimeSpan commandTimeout)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        var given = new HashSet<string>(settings.Keys, StringComparer.OrdinalIgnoreCase);
        if (!given.Contains("Application Name")) settings.ApplicationName = "renderfarm";
        if (!given.Contains("Timeout")) settings.Timeout = 5;
        if (!given.Contains("Command Timeout")) settings.CommandTimeout = (int)Math.Ceiling(commandTimeout.TotalSeconds);
        if (!given.Contains("Keepalive")) settings.KeepAlive = 10;
        // With many partitions, planning costs more than running: statements are kept prepared.
        if (!given.Contains("Max Auto Prepare")) settings.MaxAutoPrepare = 100;
        if (!given.Contains("Auto Prepare Min Usages")) settings.AutoPrepareMinUsages = 2;
        if (!given.Contains("Options")) settings.Options = ServerSettings(TimeSpan.FromSeconds(settings.CommandTimeout));
        return settings;
    }

    /// <summary>Whether an error says that the server is away, starting, stopping, full or overtaxed.</summary>
    public static bool IsUnavailable(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is NpgsqlException { IsTransient: true } or TimeoutException or SocketException or EndOfStreamException) return true;
            // A line that was cut within a transaction takes it along; what is said next to it is told only that it is no more.
            if (cause is ObjectDisposedException { ObjectName: nameof(NpgsqlTransaction) or nameof(NpgsqlConnection) }) return true;
            // Read only: it stands by for another server, as one does for a while when roles change.
            if (cause is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.ReadOnlySqlTransaction or FrozenTransactionEnded }) return true;
        }

        return false;
    }

    private static string ServerSettings(TimeSpan statement) => string.Join(' ', new[]
    {
        ("idle_in_transaction_session_timeout", FrozenTransaction),
        ("lock_timeout", LockWait),
        ("statement_timeout", statement * 2),
    }.Select(setting => FormattableString.Invariant($"-c {setting.Item1}={(long)setting.Item2.TotalMilliseconds}")));
}
