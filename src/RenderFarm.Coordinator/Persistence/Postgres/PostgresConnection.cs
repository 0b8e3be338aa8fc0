using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>How connections are made, unless the connection string says otherwise, and which of their errors pass.</summary>
internal static class PostgresConnection
{
    // A coordinator that freezes inside a transaction holds the turn to write; the server takes it back before a standby has taken over.
    private static readonly TimeSpan FrozenTransaction = TimeSpan.FromSeconds(3);

    // No wait without a bound: beyond it the caller tries again, from fresh reads.
    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(10);

    // Statements stay prepared with the plan that was best when they were first run. A plan that reads a whole table because it was small then is the wrong one an hour
    // later; by an index none is ever far from the best. What has no index is read whole all the same, and reckoned so dear that it would be compiled.
    private const string ByIndex = "-c enable_seqscan=off -c jit=off";

    private const string Unbounded = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0";

    // Npgsql lost its place in the conversation, gives the connection up and asks for a bug report, in English always (npgsql/npgsql#3681, seen after lines
    // were cut while statements were being prepared). The next connection is a new one.
    private const string LostThread = "Received backend message";

    private const string NotOpen = "Connection is not open";

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
        // Nothing of ours changes a session that goes back to the pool, so nothing has to be reset: it would cost a statement for every one of ours.
        if (!given.Contains("No Reset On Close")) settings.NoResetOnClose = true;
        if (!given.Contains("Options")) settings.Options = ServerSettings(TimeSpan.FromSeconds(settings.CommandTimeout));
        return settings;
    }

    /// <summary>The same for a connection of its own, outside the pool, for what outlives a statement: a session's lock, LISTEN.</summary>
    /// <param name="settings">As <see cref="WithDefaults"/> gave them.</param>
    /// <param name="isPatient">Whether it may wait and take as long as it likes, as a migration does.</param>
    public static NpgsqlConnectionStringBuilder Alone(NpgsqlConnectionStringBuilder settings, bool isPatient = false)
    {
        var alone = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false };
        // Of settings that are given twice the later one holds.
        if (isPatient) alone.Options = $"{alone.Options} {Unbounded}";
        return alone;
    }

    /// <summary>Whether an error says that the server is away, starting, stopping, full or overtaxed.</summary>
    public static bool IsUnavailable(Exception error)
    {
        if (HasLostStatements(error)) return true;
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is NpgsqlException { IsTransient: true } or TimeoutException or SocketException or EndOfStreamException) return true;
            // A certificate that ran out meanwhile is renewed, and until then nothing that waits is at fault. At the start it is (PostgresTls).
            if (cause is AuthenticationException) return true;
            if (cause is NpgsqlException && cause.Message.Contains(LostThread, StringComparison.Ordinal)) return true;
            // Its reader looks for what belonged to a connection that broke under it; or a transaction goes on after its connection broke between two statements.
            if (cause is NullReferenceException { Source: nameof(Npgsql) } or InvalidOperationException { Source: nameof(Npgsql), Message: NotOpen }) return true;
            // A line that was cut within a transaction takes it along; what is said next to it is told only that it is no more.
            if (cause is ObjectDisposedException { ObjectName: nameof(NpgsqlTransaction) or nameof(NpgsqlConnection) }) return true;
            // Read only: it stands by for another server, as one does for a while when roles change.
            if (cause is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.ReadOnlySqlTransaction or FrozenTransactionEnded }) return true;
        }

        return false;
    }

    /// <summary>
    /// Whether an error says that Npgsql and the server differ about which statements a session has prepared. Npgsql prepares them by itself, and its count has gone
    /// wrong when lines were cut meanwhile (42P05, prepared statement "_auto0" already exists); the session then says so again to whoever gets it next
    /// (npgsql/npgsql#4082, #6391).
    /// </summary>
    public static bool HasLostStatements(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is PostgresException { SqlState: PostgresErrorCodes.DuplicatePreparedStatement or PostgresErrorCodes.InvalidSqlStatementName }) return true;
        }

        return false;
    }

    private static string ServerSettings(TimeSpan statement) => string.Join(' ', new[]
    {
        ("idle_in_transaction_session_timeout", FrozenTransaction),
        ("lock_timeout", LockWait),
        ("statement_timeout", statement * 2),
    }.Select(setting => FormattableString.Invariant($"-c {setting.Item1}={(long)setting.Item2.TotalMilliseconds}")).Prepend(ByIndex));
}
