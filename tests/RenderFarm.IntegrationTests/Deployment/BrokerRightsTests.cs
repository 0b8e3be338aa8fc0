using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

/// <summary>The users that <c>infra/compose-secrets.sh</c> makes from <c>infra/rabbitmq/definitions.json</c>, on a broker of their own.</summary>
public sealed class BrokerRightsTests : IAsyncLifetime
{
    private const string Reports = "farm.reports";
    private const string Render = "render.worker-1.cpu";
    private const string Progressed = "RenderFarm.Contracts.Attempts:AttemptsProgressed";
    private const ushort AccessRefused = 403;

    private readonly TemporaryFolder _secrets = new();
    private readonly List<IConnection> _connections = [];
    private RabbitMqService? _broker;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await RabbitMqService.StartAsync();
        var (code, output) = await DeployCheck.RunAsync("bash", ["infra/compose-secrets.sh", _secrets.Path], "", Cancellation);
        Assert.True(code == 0, output);
        await _broker.ImportAsync(await File.ReadAllTextAsync(Path.Combine(_secrets.Path, "rabbitmq_definitions.json"), Cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections) await connection.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
        _secrets.Dispose();
    }

    [Fact]
    public async Task Each_role_does_its_part_and_cannot_do_another_one_s()
    {
        await using (var coordinator = await OpenAsync("coordinator"))
        {
            await coordinator.QueueDeclareAsync(Reports, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: Cancellation);
            await coordinator.ExchangeDeclareAsync("farm.progress.a", ExchangeType.Fanout, cancellationToken: Cancellation);
            await coordinator.ExchangeDeclareAsync(Progressed, ExchangeType.Fanout, durable: true, cancellationToken: Cancellation);
            await coordinator.ExchangeBindAsync("farm.progress.a", Progressed, "", cancellationToken: Cancellation);
        }

        await using (var worker = await OpenAsync("worker"))
        {
            await worker.ExchangeDeclareAsync(Render, ExchangeType.Fanout, cancellationToken: Cancellation);
            await worker.QueueDeclareAsync(Render, durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation);
            await worker.QueueBindAsync(Render, Render, "", cancellationToken: Cancellation);
            await worker.BasicPublishAsync("", Reports, mandatory: true, new byte[] { 1 }, Cancellation);
            await worker.ExchangeDeclareAsync(Progressed, ExchangeType.Fanout, durable: true, cancellationToken: Cancellation);
            await worker.BasicPublishAsync(Progressed, "", mandatory: false, new byte[] { 2 }, Cancellation);
        }

        await using (var coordinator = await OpenAsync("coordinator"))
        {
            Assert.NotNull(await coordinator.BasicGetAsync(Reports, autoAck: true, Cancellation));
            await coordinator.BasicPublishAsync("", Render, mandatory: true, new byte[] { 3 }, Cancellation);
        }

        await using (var worker = await OpenAsync("worker")) Assert.NotNull(await worker.BasicGetAsync(Render, autoAck: true, Cancellation));

        await RefusedAsync("worker", channel => channel.BasicGetAsync(Reports, autoAck: true, Cancellation));
        await RefusedAsync("worker", channel => channel.QueuePurgeAsync(Reports, Cancellation));
        await RefusedAsync("worker", channel => channel.QueueDeleteAsync(Reports, ifUnused: false, ifEmpty: false, cancellationToken: Cancellation));
        await RefusedAsync("worker", channel => channel.QueueDeclareAsync("anything", cancellationToken: Cancellation));
        await RefusedAsync("worker", async channel =>
        {
            await channel.QueueDeclareAsync("control.spy", cancellationToken: Cancellation);
            await channel.QueueBindAsync("control.spy", "farm.progress.a", "", cancellationToken: Cancellation);
        });
        await RefusedAsync("coordinator", channel => channel.BasicGetAsync(Render, autoAck: true, Cancellation));
        await RefusedAsync("coordinator", channel => channel.QueueDeclareAsync("anything", cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Wrong_password_and_another_virtual_host_are_refused()
    {
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => ConnectAsync("worker", "wrong", "renderfarm"));
        // The client tells of a refused virtual host on the first use of the connection.
        await Assert.ThrowsAnyAsync<RabbitMQClientException>(async () =>
        {
            await using var connection = await ConnectAsync("worker", Password("worker"), "/");
            await connection.CreateChannelAsync(cancellationToken: Cancellation);
        });
    }

    private async Task RefusedAsync(string role, Func<IChannel, Task> act)
    {
        await using var channel = await OpenAsync(role);
        var refusal = await Assert.ThrowsAsync<OperationInterruptedException>(() => act(channel));
        Assert.Equal(AccessRefused, refusal.ShutdownReason?.ReplyCode);
    }

    private async Task<IChannel> OpenAsync(string role)
    {
        var connection = await ConnectAsync(role, Password(role), "renderfarm");
        _connections.Add(connection);
        // Confirmed and mandatory: a message without rights or without a queue is an exception and not a silence.
        return await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
    }

    private Task<IConnection> ConnectAsync(string user, string password, string virtualHost) => new ConnectionFactory
    {
        HostName = _broker!.Address.Host,
        Port = _broker.Address.Port,
        UserName = user,
        Password = password,
        VirtualHost = virtualHost,
    }.CreateConnectionAsync(Cancellation);

    private string Password(string role) => File.ReadAllText(Path.Combine(_secrets.Path, $"rabbitmq_{role}_password"));
}
