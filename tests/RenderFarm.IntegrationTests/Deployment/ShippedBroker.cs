using RabbitMQ.Client;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

/// <summary>A broker as the compose file sets it up: users, rights, queues and policies of <c>infra/rabbitmq/definitions.json</c>, passwords of <c>infra/compose-secrets.sh</c>.</summary>
internal sealed class ShippedBroker : IAsyncDisposable
{
    public const string VirtualHost = "renderfarm";

    private readonly TemporaryFolder _secrets = new();
    private readonly RabbitMqService _broker;

    private ShippedBroker(RabbitMqService broker) => _broker = broker;

    /// <exception cref="ServiceUnavailableException">There is no broker here; the test is skipped.</exception>
    public static async Task<ShippedBroker> StartAsync(CancellationToken cancellation)
    {
        var shipped = new ShippedBroker(await RabbitMqService.StartAsync());
        var (code, output) = await DeployCheck.RunAsync("bash", ["infra/compose-secrets.sh", shipped._secrets.Path], "", cancellation);
        Assert.True(code == 0, output);
        await shipped._broker.ImportAsync(await File.ReadAllTextAsync(Path.Combine(shipped._secrets.Path, "rabbitmq_definitions.json"), cancellation));
        return shipped;
    }

    /// <summary>Password of a role.</summary>
    public string Password(string role) => File.ReadAllText(Path.Combine(_secrets.Path, $"rabbitmq_{role}_password"));

    /// <summary>What <c>RenderFarm:Bus:Connection</c> of a role is.</summary>
    public string Address(string role) => $"amqp://{role}:{Password(role)}@{_broker.Address.Host}:{_broker.Address.Port}/{VirtualHost}";

    /// <summary>A connection past every library of the farm.</summary>
    public Task<IConnection> ConnectAsync(string user, string password, string virtualHost, CancellationToken cancellation) => new ConnectionFactory
    {
        HostName = _broker.Address.Host,
        Port = _broker.Address.Port,
        UserName = user,
        Password = password,
        VirtualHost = virtualHost,
    }.CreateConnectionAsync(cancellation);

    /// <summary>Runs a command of the shell as an operator does on the broker's machine; asserts that it succeeds.</summary>
    /// <returns>What it said.</returns>
    public async Task<string> RunAsync(string command, CancellationToken cancellation)
    {
        var (code, output) = await DeployCheck.RunAsync(
            "bash", ["-o", "pipefail", "-c", ". \"$0\" && export PATH=/usr/lib/rabbitmq/bin:$PATH && eval \"$1\"", _broker.EnvironmentFile, command], "", cancellation);
        Assert.True(code == 0, output);
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _secrets.Dispose();
    }
}
