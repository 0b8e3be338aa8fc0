using Npgsql;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Tls;

/// <summary>A broker, a database and a store of their own that speak TLS, all with one certificate of an authority that only the tests know.</summary>
public sealed class TlsServers : IAsyncLifetime
{
    private RabbitMqService? _broker;
    private VirtualHost? _world;
    private PostgresService? _record;
    private S3Service? _store;
    private ServiceUnavailableException? _lacking;

    /// <summary>The authority.</summary>
    public PrivateAuthority Authority { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var certificate = Authority.Issue(["localhost", "127.0.0.1"]);
        var (broker, record, store) = (RabbitMqService.StartAsync(certificate), PostgresService.StartAsync(durable: false, certificate), S3Service.StartAsync(onDisk: false, certificate));
        try
        {
            _broker = await broker;
            _record = await record;
            _store = await store;
            _world = await _broker.AddVirtualHostAsync();
        }
        catch (ServiceUnavailableException error)
        {
            // Here it would count as a failure of every test.
            _lacking = error;
        }
    }

    /// <summary>These servers, all of them.</summary>
    /// <exception cref="ServiceUnavailableException">One does not start here; the test is skipped.</exception>
    public TlsServers Required() => _lacking is null ? this : throw _lacking;

    /// <summary>Address of the bus: over TLS, or in plain words, on the port for TLS or on the other.</summary>
    public string Bus(bool isTls = true, bool onTlsPort = true) => new UriBuilder(_world!.Address)
    {
        Scheme = isTls ? "amqps" : "amqp",
        Host = "localhost",
        Port = onTlsPort ? _broker!.TlsPort!.Value : _broker!.Address.Port,
    }.Uri.ToString();

    /// <summary>Address of the store.</summary>
    public string Store(bool isTls = true, bool onTlsPort = true) => $"{(isTls ? "https" : "http")}://localhost:{(onTlsPort ? _store!.TlsPort : _store!.Endpoint.Port)}";

    /// <summary>Keys of the store.</summary>
    public (string Access, string Secret) Keys => (_store!.AccessKey, _store.SecretKey);

    /// <summary>Connection string of a new database.</summary>
    public async Task<string> RecordAsync(SslMode mode, string? authority = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(await _record!.AddDatabaseAsync()) { Host = "localhost", SslMode = mode };
        if (authority is not null) settings.RootCertificate = authority;
        return settings.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        if (_world is not null) await _world.DisposeAsync();
        foreach (var server in new IAsyncDisposable?[] { _broker, _record, _store })
        {
            if (server is not null) await server.DisposeAsync();
        }

        Authority.Dispose();
    }
}
