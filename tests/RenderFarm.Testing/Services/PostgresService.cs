using System.Data.Common;
using System.Diagnostics;

namespace RenderFarm.Testing.Services;

/// <summary>
/// A PostgreSQL server: the one named in <c>RENDERFARM_TEST_POSTGRES</c> (an Npgsql connection string of a user that may create databases), else one
/// started for this run. Needs <c>psql</c>.
/// </summary>
public sealed class PostgresService : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresService>> Shared = new(() =>
        Environment.GetEnvironmentVariable("RENDERFARM_TEST_POSTGRES") is { Length: > 0 } connection
            ? Task.FromResult(new PostgresService(null, connection))
            : StartAsync(durable: false));

    private readonly LocalServer? _server;
    private readonly string _connection;

    private PostgresService(LocalServer? server, string connection) => (_server, _connection) = (server, connection);

    /// <summary>The server that all test classes share. Never stop it: start one of your own for that.</summary>
    /// <exception cref="ServiceUnavailableException">There is none; the test is skipped.</exception>
    public static Task<PostgresService> SharedAsync() => Shared.Value;

    /// <summary>A server for one test, which may stop and kill it. About a second.</summary>
    /// <param name="durable">Whether a commit waits for the disk: for crashes and for measurements.</param>
    /// <param name="certificate">What it shows; it takes TLS and nothing else then. Null (default) for a server without TLS.</param>
    /// <exception cref="ServiceUnavailableException">It does not start here; the test is skipped.</exception>
    public static async Task<PostgresService> StartAsync(bool durable, ServerCertificate? certificate = null)
    {
        var server = await LocalServer.StartAsync("postgres", [$"{FreePorts.Take(1)[0]}", durable ? "durable" : "fast", .. certificate?.Files ?? []]);
        return new PostgresService(server, server.Answer);
    }

    /// <summary>A new, empty database on the shared server: a world of its own for one test class. Returns its connection string.</summary>
    public static async Task<string> NewDatabaseAsync() => await (await SharedAsync()).AddDatabaseAsync();

    /// <summary>A new database on this server, a copy of another where one is named. Returns its connection string.</summary>
    /// <param name="template">Name of a database nobody is connected to; null for an empty one.</param>
    public async Task<string> AddDatabaseAsync(string? template = null)
    {
        var name = $"test_{Guid.NewGuid():N}";
        await ExecuteAsync($"create database {name}{(template is null ? "" : $" template {template}")}");
        return new DbConnectionStringBuilder { ConnectionString = _connection, ["Database"] = name }.ConnectionString;
    }

    /// <summary>The same database through another port, such as a <see cref="FaultProxy"/>'s.</summary>
    public static string Via(string connection, int port) => new DbConnectionStringBuilder { ConnectionString = connection, ["Port"] = port }.ConnectionString;

    /// <summary>Port that the server listens on.</summary>
    public int Port => int.Parse((string)Parts["Port"], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Where its data and logs are; null for one named in the environment.</summary>
    public string? Folder => _server?.Folder;

    /// <summary>Ends the server in good order.</summary>
    public Task StopAsync() => Own.DownAsync("TERM");

    /// <summary>Crashes the server.</summary>
    public Task KillAsync() => Own.DownAsync("KILL");

    /// <summary>Starts the server again, with what it had on disk.</summary>
    public Task StartAgainAsync() => Own.UpAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    private LocalServer Own => _server ?? throw new InvalidOperationException("A server named in the environment is not this run's to stop.");

    private DbConnectionStringBuilder Parts => new() { ConnectionString = _connection };

    private async Task ExecuteAsync(string sql)
    {
        var parts = Parts;
        string Part(string key, string otherwise) => parts.TryGetValue(key, out var value) ? (string)value : otherwise;
        var start = new ProcessStartInfo("psql", ["-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-c", sql]) { RedirectStandardError = true };
        start.Environment["PGHOST"] = Part("Host", "127.0.0.1");
        start.Environment["PGPORT"] = Part("Port", "5432");
        start.Environment["PGUSER"] = Part("Username", "postgres");
        start.Environment["PGPASSWORD"] = Part("Password", "");
        start.Environment["PGDATABASE"] = "postgres";
        using var psql = Process.Start(start)!;
        var error = await psql.StandardError.ReadToEndAsync();
        await psql.WaitForExitAsync();
        if (psql.ExitCode != 0) throw new InvalidOperationException($"psql refused \"{sql}\": {error}");
    }
}
