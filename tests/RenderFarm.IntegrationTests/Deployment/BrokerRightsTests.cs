using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

/// <summary>The users that <c>infra/compose-secrets.sh</c> makes from <c>infra/rabbitmq/definitions.json</c>, on a broker of their own.</summary>
public sealed class BrokerRightsTests : IAsyncLifetime
{
    private const string Reports = "farm.reports";
    private const string Workers = "farm.workers";
    private const string Dead = "farm.dead";
    private const string Render = "render.worker-1.cpu";
    private const string Progressed = "RenderFarm.Contracts.Attempts:AttemptsProgressed";
    private const ushort AccessRefused = 403;

    private readonly List<IConnection> _connections = [];
    private ShippedBroker? _broker;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await ShippedBroker.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections) await connection.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
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
    public async Task Message_that_no_coordinator_finishes_is_kept_and_an_operator_puts_it_back()
    {
        // One more than the limit that newer brokers have by themselves, beyond which they drop a message without a dead letter exchange.
        const int Deliveries = 21;
        await using var reader = await OpenAsync("coordinator");
        foreach (var queue in new[] { Reports, Workers })
            await reader.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: Cancellation);
        await using (var worker = await OpenAsync("worker"))
        {
            // What expires is meant to be gone, and is no dead letter.
            await worker.BasicPublishAsync("", Workers, mandatory: true, new BasicProperties { Expiration = "1" }, new byte[] { 5 }, Cancellation);
            await worker.BasicPublishAsync("", Workers, mandatory: true, new byte[] { 6 }, Cancellation);
            await worker.BasicPublishAsync("", Reports, mandatory: true, new byte[] { 7 }, Cancellation);
        }

        for (var delivery = 1; delivery <= Deliveries; delivery++)
        {
            await GiveBackAsync(reader, await UntilThereAsync(reader, Reports));
            await GiveBackAsync(reader, await UntilThereAsync(reader, Workers));
        }

        var dead = await UntilThereAsync(reader, Dead);
        Assert.Equal([7], dead.Body.ToArray());
        Assert.Null(await reader.BasicGetAsync(Reports, autoAck: true, Cancellation));
        Assert.Null(await reader.BasicGetAsync(Dead, autoAck: true, Cancellation));
        Assert.Equal([6], (await UntilThereAsync(reader, Workers)).Body.ToArray());
        await GiveBackAsync(reader, dead);

        await _broker!.RunAsync("infra/rabbitmq/put-back.sh", Cancellation);

        Assert.Equal([7], (await UntilThereAsync(reader, Reports)).Body.ToArray());
        Assert.Null(await reader.BasicGetAsync(Dead, autoAck: true, Cancellation));
    }

    [Fact]
    public async Task Progress_that_nobody_reads_keeps_its_latest_five_thousand_messages_and_failed_ones_are_bounded_by_their_own_rule()
    {
        const string Progress = "farm.progress.gone-1";
        await using var coordinator = await OpenAsync("coordinator");
        await coordinator.QueueDeclareAsync(Progress, durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation);
        await coordinator.QueueDeclareAsync(Progress + "_error", durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation);
        var sends = Enumerable.Range(0, 5_010).Select(number => coordinator.BasicPublishAsync("", Progress, mandatory: true, BitConverter.GetBytes(number), Cancellation).AsTask());
        await Task.WhenAll(sends);

        Assert.Equal(5_000u, (await coordinator.QueueDeclarePassiveAsync(Progress, Cancellation)).MessageCount);
        Assert.Equal(BitConverter.GetBytes(10), (await coordinator.BasicGetAsync(Progress, autoAck: true, Cancellation))!.Body.ToArray());
        var rules = await _broker!.RunAsync($"rabbitmqctl --quiet --vhost {ShippedBroker.VirtualHost} list_queues name policy", Cancellation);
        Assert.Contains($"{Progress}_error\tfailed-messages-are-bounded", rules, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broker_of_an_operator_gets_the_same_by_one_command()
    {
        await _broker!.RunAsync("infra/rabbitmq/for-your-broker.sh other | rabbitmqctl import_definitions", Cancellation);

        foreach (var what in new[] { "list_policies", "list_bindings", "list_permissions" })
        {
            var expected = await _broker.RunAsync($"rabbitmqctl --quiet --vhost {ShippedBroker.VirtualHost} {what} | grep -v -e ^operator -e ^guest | sort", Cancellation);
            Assert.Equal(expected.Replace(ShippedBroker.VirtualHost, "other", StringComparison.Ordinal), await _broker.RunAsync($"rabbitmqctl --quiet --vhost other {what} | sort", Cancellation));
        }
    }

    [Fact]
    public async Task Worker_cannot_read_or_empty_what_is_dead()
    {
        await RefusedAsync("worker", channel => channel.BasicGetAsync(Dead, autoAck: true, Cancellation));
        await RefusedAsync("worker", channel => channel.QueuePurgeAsync(Dead, Cancellation));
    }

    [Fact]
    public async Task Wrong_password_and_another_virtual_host_are_refused()
    {
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => _broker!.ConnectAsync("worker", "wrong", ShippedBroker.VirtualHost, Cancellation));
        // The client tells of a refused virtual host on the first use of the connection.
        await Assert.ThrowsAnyAsync<RabbitMQClientException>(async () =>
        {
            await using var connection = await _broker!.ConnectAsync("worker", _broker.Password("worker"), "/", Cancellation);
            await connection.CreateChannelAsync(cancellationToken: Cancellation);
        });
    }

    private static ValueTask GiveBackAsync(IChannel channel, BasicGetResult message) =>
        channel.BasicNackAsync(message.DeliveryTag, multiple: false, requeue: true, Cancellation);

    private static async Task<BasicGetResult> UntilThereAsync(IChannel channel, string queue)
    {
        while (true)
        {
            if (await channel.BasicGetAsync(queue, autoAck: false, Cancellation) is { } message) return message;
        }
    }

    private async Task RefusedAsync(string role, Func<IChannel, Task> act)
    {
        await using var channel = await OpenAsync(role);
        var refusal = await Assert.ThrowsAsync<OperationInterruptedException>(() => act(channel));
        Assert.Equal(AccessRefused, refusal.ShutdownReason?.ReplyCode);
    }

    private async Task<IChannel> OpenAsync(string role)
    {
        var connection = await _broker!.ConnectAsync(role, _broker.Password(role), ShippedBroker.VirtualHost, Cancellation);
        _connections.Add(connection);
        // Confirmed and mandatory: a message without rights or without a queue is an exception and not a silence.
        return await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
    }
}
