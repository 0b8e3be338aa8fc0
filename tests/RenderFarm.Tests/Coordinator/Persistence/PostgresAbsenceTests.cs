using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using RenderFarm.Coordinator.Persistence.Postgres;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Persistence;

/// <summary>What a client is told to try again, and what is a fault of ours: seen while the database was killed and its line was cut.</summary>
public sealed class PostgresAbsenceTests
{
    public static TheoryData<Exception> Absences =>
    [
        new NpgsqlException("Exception while reading from stream", new EndOfStreamException()),
        new InvalidOperationException("likely a transient failure", new NpgsqlException("Failed to connect", new SocketException(111))),
        new NpgsqlException("Exception while performing SSL handshake", new AuthenticationException("The remote certificate was rejected")),
        new NpgsqlException("Received backend message BindComplete while expecting ParseCompleteMessage. Please file a bug."),
        NothingThere("Npgsql"),
        new InvalidOperationException("Connection is not open") { Source = "Npgsql" },
        new ObjectDisposedException(nameof(NpgsqlTransaction)),
        new ObjectDisposedException(nameof(NpgsqlTransaction), new EndOfStreamException()),
        new PostgresException("the database system is starting up", "FATAL", "FATAL", "57P03"),
        new PostgresException("terminating connection due to unexpected postmaster exit", "FATAL", "FATAL", "57P01"),
        new PostgresException("cannot execute UPDATE in a read-only transaction", "ERROR", "ERROR", "25006"),
        new PostgresException("prepared statement \"_auto0\" already exists", "ERROR", "ERROR", "42P05"),
        new InvalidOperationException("saving failed", new PostgresException("prepared statement \"_auto3\" does not exist", "ERROR", "ERROR", "26000")),
        new PostgresException("terminating connection because of crash of another server process", "FATAL", "FATAL", "57P02"),
    ];

    [Theory]
    [MemberData(nameof(Absences))]
    public void Error_of_a_database_that_is_away_counts_as_absence(Exception error) => Assert.True(PostgresConnection.IsUnavailable(error));

    [Fact]
    public void Error_of_ours_does_not()
    {
        Assert.False(PostgresConnection.IsUnavailable(new PostgresException("syntax error", "ERROR", "ERROR", "42601")));
        Assert.False(PostgresConnection.IsUnavailable(new ObjectDisposedException("JobEventHub")));
        Assert.False(PostgresConnection.IsUnavailable(new InvalidOperationException("a bug")));
        Assert.False(PostgresConnection.IsUnavailable(NothingThere("RenderFarm.Coordinator")));
    }

    private static NullReferenceException NothingThere(string source)
    {
        var error = Assert.Throws<NullReferenceException>(() => ((string)null!).Length);
        error.Source = source;
        return error;
    }
}
