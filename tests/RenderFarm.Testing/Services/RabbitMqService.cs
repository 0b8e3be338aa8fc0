using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;

namespace RenderFarm.Testing.Services;

/// <summary>
/// A RabbitMQ broker: the one named in <c>RENDERFARM_TEST_RABBITMQ</c> (an AMQP address with administrator's rights; its management interface is expected
/// at port 15672 or where <c>RENDERFARM_TEST_RABBITMQ_MANAGEMENT</c> says), else one started for this run.
/// </summary>
public sealed class RabbitMqService : IAsyncDisposable
{
    private static readonly Lazy<Task<RabbitMqService>> Shared = new(() =>
        Environment.GetEnvironmentVariable("RENDERFARM_TEST_RABBITMQ") is { Length: > 0 } address ? Task.FromResult(Existing(new Uri(address))) : StartAsync());

    private readonly LocalServer? _server;
    private readonly HttpClient _management;

    private RabbitMqService(LocalServer? server, Uri address, Uri management)
    {
        (_server, Address) = (server, address);
        _management = new HttpClient { BaseAddress = management };
        _management.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
    }

    /// <summary>The broker's AMQP address, without a virtual host.</summary>
    public Uri Address { get; }

    /// <summary>The broker that all test classes share. Never stop it: start one of your own for that.</summary>
    /// <exception cref="ServiceUnavailableException">There is none; the test is skipped.</exception>
    public static Task<RabbitMqService> SharedAsync() => Shared.Value;

    /// <summary>A broker for one test, which may stop and kill it. About 6 seconds.</summary>
    /// <param name="settings">Lines for its <c>rabbitmq.conf</c>, or Erlang arguments, which begin with a hyphen.</param>
    /// <exception cref="ServiceUnavailableException">It does not start here; the test is skipped.</exception>
    public static async Task<RabbitMqService> StartAsync(params string[] settings)
    {
        var ports = FreePorts.Take(4);
        var server = await LocalServer.StartAsync("rabbitmq", [.. ports.Select(port => $"{port}"), .. settings]);
        return new RabbitMqService(server, new Uri(server.Answer), new Uri($"http://127.0.0.1:{ports[1]}/"));
    }

    /// <summary>A broker for one test that takes TLS on a port of its own besides.</summary>
    /// <param name="certificate">What it shows.</param>
    /// <exception cref="ServiceUnavailableException">It does not start here; the test is skipped.</exception>
    public static async Task<RabbitMqService> StartAsync(ServerCertificate certificate)
    {
        var port = FreePorts.Take(1)[0];
        var broker = await StartAsync(
            $"listeners.ssl.1 = 127.0.0.1:{port}", $"ssl_options.certfile = {certificate.File}", $"ssl_options.keyfile = {certificate.KeyFile}", "ssl_options.verify = verify_none");
        broker.TlsPort = port;
        return broker;
    }

    /// <summary>Port for TLS; null without.</summary>
    public int? TlsPort { get; private set; }

    /// <summary>A new virtual host on the shared broker: a world of its own for one test class.</summary>
    public static async Task<VirtualHost> NewVirtualHostAsync() => await (await SharedAsync()).AddVirtualHostAsync();

    /// <summary>A new virtual host on this broker.</summary>
    public async Task<VirtualHost> AddVirtualHostAsync()
    {
        var name = $"test-{Guid.NewGuid():N}";
        using var made = await _management.PutAsync(new Uri($"api/vhosts/{name}", UriKind.Relative), null);
        made.EnsureSuccessStatusCode();
        return new VirtualHost(this, name);
    }

    /// <summary>Gives the broker users, rights, virtual hosts and policies.</summary>
    /// <param name="definitions">JSON of the broker's own kind.</param>
    public async Task ImportAsync(string definitions)
    {
        using var content = new StringContent(definitions, Encoding.UTF8, "application/json");
        using var imported = await _management.PostAsync(new Uri("api/definitions", UriKind.Relative), content);
        imported.EnsureSuccessStatusCode();
    }

    /// <summary>A file of shell variables by which <c>rabbitmqctl</c> finds this broker.</summary>
    public string EnvironmentFile => Path.Combine(Own.Folder, "environment");

    /// <summary>Ends the broker in good order. About 6 seconds.</summary>
    public Task StopAsync() => Own.DownAsync("TERM");

    /// <summary>Crashes the broker.</summary>
    public Task KillAsync() => Own.DownAsync("KILL");

    /// <summary>Starts the broker again, with what it had on disk.</summary>
    public Task StartAgainAsync() => Own.UpAsync();

    /// <summary>Freezes the broker with its connections open.</summary>
    public void Freeze() => Own.Freeze();

    /// <summary>Lets a frozen broker go on.</summary>
    public void Thaw() => Own.Thaw();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _management.Dispose();
        if (_server is not null) await _server.DisposeAsync();
    }

    internal async Task<IReadOnlyList<BrokerQueue>> QueuesAsync(string virtualHost) =>
        (await _management.GetFromJsonAsync<BrokerQueue[]>(new Uri($"api/queues/{virtualHost}", UriKind.Relative)))!;

    internal async Task<IReadOnlyList<BrokerConsumer>> ConsumersAsync(string virtualHost) =>
        (await _management.GetFromJsonAsync<BrokerConsumer[]>(new Uri($"api/consumers/{virtualHost}", UriKind.Relative)))!;

    internal async Task RemoveVirtualHostAsync(string name)
    {
        using var removed = await _management.DeleteAsync(new Uri($"api/vhosts/{name}", UriKind.Relative));
        removed.EnsureSuccessStatusCode();
    }

    internal async Task CloseConnectionsAsync(string virtualHost)
    {
        foreach (var connection in (await _management.GetFromJsonAsync<BrokerConnection[]>(new Uri($"api/vhosts/{virtualHost}/connections", UriKind.Relative)))!)
        {
            using var closed = await _management.DeleteAsync(new Uri($"api/connections/{Uri.EscapeDataString(connection.Name)}", UriKind.Relative));
        }
    }

    internal async Task DeleteQueueAsync(string virtualHost, string queue)
    {
        using var deleted = await _management.DeleteAsync(new Uri($"api/queues/{virtualHost}/{queue}", UriKind.Relative));
        deleted.EnsureSuccessStatusCode();
    }

    private LocalServer Own => _server ?? throw new InvalidOperationException("A broker named in the environment is not this run's to stop.");

    private static RabbitMqService Existing(Uri address)
    {
        var management = Environment.GetEnvironmentVariable("RENDERFARM_TEST_RABBITMQ_MANAGEMENT") ?? $"http://{address.Host}:15672/";
        return new RabbitMqService(null, address, new Uri(management));
    }

    private sealed record BrokerConnection([property: JsonPropertyName("name")] string Name);
}

/// <summary>A reader of a queue as the broker's management interface shows it.</summary>
/// <param name="Queue">What it reads.</param>
/// <param name="Prefetch">Messages that it is given before it has acknowledged any.</param>
public sealed record BrokerConsumer(
    [property: JsonPropertyName("queue")] ConsumedQueue Queue, [property: JsonPropertyName("prefetch_count")] int Prefetch);

/// <summary>The queue of a <see cref="BrokerConsumer"/>.</summary>
/// <param name="Name">Its name.</param>
public sealed record ConsumedQueue([property: JsonPropertyName("name")] string Name);

/// <summary>A queue as the broker's management interface shows it. Counts are up to five seconds old.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">classic or quorum.</param>
/// <param name="Durable">Whether it outlives a restart of the broker.</param>
/// <param name="Arguments">What it was declared with.</param>
/// <param name="Readers">How many read it.</param>
public sealed record BrokerQueue(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("durable")] bool Durable,
    [property: JsonPropertyName("arguments")] IReadOnlyDictionary<string, System.Text.Json.JsonElement> Arguments,
    [property: JsonPropertyName("consumers")] int Readers = 0);

/// <summary>One virtual host, gone with all its queues when disposed.</summary>
public sealed class VirtualHost : IAsyncDisposable
{
    private readonly RabbitMqService _broker;
    private readonly string _name;

    internal VirtualHost(RabbitMqService broker, string name)
    {
        (_broker, _name) = (broker, name);
        Address = new Uri(broker.Address, name);
    }

    /// <summary>AMQP address with user, password and virtual host: what <c>RenderFarm:Bus:Connection</c> takes.</summary>
    public Uri Address { get; }

    /// <summary>The same through another port, such as a <see cref="FaultProxy"/>'s.</summary>
    public Uri AddressVia(int port) => new UriBuilder(Address) { Port = port }.Uri;

    /// <summary>Its queues.</summary>
    public Task<IReadOnlyList<BrokerQueue>> QueuesAsync() => _broker.QueuesAsync(_name);

    /// <summary>Who reads them.</summary>
    public Task<IReadOnlyList<BrokerConsumer>> ConsumersAsync() => _broker.ConsumersAsync(_name);

    /// <summary>Closes every connection to it from the broker's side.</summary>
    public Task CloseConnectionsAsync() => _broker.CloseConnectionsAsync(_name);

    /// <summary>Deletes a queue, whoever reads it.</summary>
    public Task DeleteQueueAsync(string queue) => _broker.DeleteQueueAsync(_name, queue);

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await _broker.RemoveVirtualHostAsync(_name);
}
