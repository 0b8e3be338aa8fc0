using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>Messages and queues on a real broker: what arrives, what comes back, what is dropped and what is left to others.</summary>
public sealed class RabbitMqBusTests : RabbitMqTest
{
    [Fact]
    public async Task Message_is_the_contracts_own_JSON_and_finds_its_consumer_among_several_types()
    {
        await using var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync();
        var attempt = new AttemptId(new JobId(Guid.NewGuid()), 3, 2);
        var run = new RunId(Guid.NewGuid());
        var heartbeat = new WorkerHeartbeat("worker-1", Guid.NewGuid(), [new HeldRun(attempt, run)]);
        await bench.Sender.SendAsync(BusBench.Lasting, heartbeat, isLasting: false, Cancellation);
        var reports = new AttemptReports([AttemptReport.Of(new AttemptStarted(attempt, run, "worker-1")), AttemptReport.Of(new AttemptReturned(attempt, run, "worker-1"))]);
        await bench.Sender.SendAsync(BusBench.Lasting, reports, isLasting: true, Cancellation);

        var (_, body) = await bench.Heartbeats.Reader.ReadAsync(Cancellation);
        Assert.Equal(JsonSerializer.Serialize(heartbeat, FarmJson.Options), body);
        Assert.Equal(reports.Reports, (await bench.Reports.Reader.ReadAsync(Cancellation)).Reports);
    }

    [Fact]
    public async Task Lasting_queues_are_quorum_queues_and_owned_ones_expire()
    {
        await using var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync();
        var queues = (await World.QueuesAsync()).ToDictionary(queue => queue.Name);
        Assert.Equal(("quorum", true), (queues[BusBench.Lasting].Type, queues[BusBench.Lasting].Durable));
        Assert.Equal(("classic", 600_000), (queues[BusBench.Owned].Type, queues[BusBench.Owned].Arguments["x-expires"].GetInt32()));
        Assert.Equal(2, queues.Count);
    }

    [Fact]
    public async Task Message_to_a_queue_that_is_not_there_comes_back_as_an_error()
    {
        await using var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync();
        var error = await Assert.ThrowsAsync<BusException>(() => bench.Sender.SendAsync("render.gone.main", BusBench.Command(1), isLasting: false, Cancellation));
        Assert.Equal("CancelAttempt came back: the broker has no queue render.gone.main.", error.Message);
        await bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(2), isLasting: false, Cancellation);
        Assert.Equal(2, (await bench.Commands.Reader.ReadAsync(Cancellation)).Attempt.Index);
        Assert.Equal(2, (await World.QueuesAsync()).Count);
    }

    [Fact]
    public async Task Unreadable_message_is_set_aside_and_counted_and_holds_nobody_up()
    {
        using var counted = new CountedDeadLetters(BusBench.Lasting);
        await using var connection = await new ConnectionFactory { Uri = World.Address }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        QueueActivity activity;
        // To its end, so that nothing of it is counted later.
        await using (var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync())
        {
            activity = bench.Activity;
            await PublishAsync(channel, "AttemptReports", "{\"reports\": 7");
            await bench.Sender.SendAsync(BusBench.Lasting, new AttemptReports([]), isLasting: true, Cancellation);

            Assert.Empty((await bench.Reports.Reader.ReadAsync(Cancellation)).Reports);
            Assert.Equal("{\"reports\": 7", await SetAsideAsync(channel, BusBench.Lasting));
        }

        Assert.Equal(1, counted.Count);
        Assert.Equal((2L, 0L), activity.Of(BusBench.Lasting));
    }

    [Fact]
    public async Task Message_of_a_kind_that_nothing_takes_is_set_aside_and_counted_and_holds_nobody_up()
    {
        using var counted = new CountedDeadLetters(BusBench.Lasting);
        await using var connection = await new ConnectionFactory { Uri = World.Address }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await using (var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync())
        {
            await PublishAsync(channel, "SaidByALaterVersion", "{}");
            await bench.Sender.SendAsync(BusBench.Lasting, new AttemptReports([]), isLasting: true, Cancellation);

            Assert.Empty((await bench.Reports.Reader.ReadAsync(Cancellation)).Reports);
            Assert.Equal("{}", await SetAsideAsync(channel, BusBench.Lasting, "_skipped"));
        }

        Assert.Equal(1, counted.Count);
    }

    [Fact]
    public async Task Message_that_its_consumer_cannot_handle_is_set_aside_and_counted_once()
    {
        using var counted = new CountedDeadLetters(BusBench.Owned);
        await using var connection = await new ConnectionFactory { Uri = World.Address }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        QueueActivity activity;
        await using (var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync())
        {
            activity = bench.Activity;
            bench.Failure = new InvalidOperationException("This command is not to be followed.");
            await bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(1), isLasting: false, Cancellation);

            Assert.Equal(JsonSerializer.Serialize(BusBench.Command(1), FarmJson.Options), await SetAsideAsync(channel, BusBench.Owned));
            Assert.Equal(BusBench.Tries, bench.Commands.Reader.Count);
        }

        Assert.Equal(1, counted.Count);
        Assert.Equal((1L, 0L), activity.Of(BusBench.Owned));
    }

    [Fact]
    public async Task Message_whose_connection_breaks_while_it_is_in_hand_is_not_counted_as_set_aside()
    {
        using var counted = new CountedDeadLetters(BusBench.Owned);
        await using var proxy = new FaultProxy(World.Address);
        await using (var bench = await (await BusBench.StartAsync(World.AddressVia(proxy.Port))).ReadyAsync())
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            bench.Holding = done.Task;
            await bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(1), isLasting: false, Cancellation);
            await bench.Commands.Reader.ReadAsync(Cancellation);

            proxy.Refuse();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (await bench.WhatIsAwayAsync() is null) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            done.SetResult();
            while (bench.Activity.Of(BusBench.Owned).InHand != 0) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            proxy.Accept();
            await bench.ReadyAsync();
        }

        Assert.Equal(0, counted.Count);
    }

    [Fact]
    public async Task Heartbeat_that_nobody_reads_in_time_is_dropped_and_a_report_waits()
    {
        const string Unread = "test.unread";
        await using var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync();
        await using var connection = await new ConnectionFactory { Uri = World.Address }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await channel.QueueDeclareAsync(
            Unread, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: Cancellation);
        for (var beat = 0; beat < 3; beat++) await bench.Sender.SendAsync(Unread, new WorkerHeartbeat("w", Guid.Empty, []), isLasting: false, Cancellation);
        await bench.Sender.SendAsync(Unread, new AttemptReports([]), isLasting: true, Cancellation);
        Assert.Equal(4u, (await channel.QueueDeclarePassiveAsync(Unread, Cancellation)).MessageCount);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await channel.QueueDeclarePassiveAsync(Unread, Cancellation)).MessageCount > 1) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);

        var left = await channel.BasicGetAsync(Unread, autoAck: true, Cancellation);
        Assert.Contains("reports", Encoding.UTF8.GetString(left!.Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_is_gone_from_the_queue_of_a_coordinator_that_went_away()
    {
        const string Listeners = "RenderFarm.Contracts.Attempts:AttemptsProgressed";
        const string Unread = "test.unread";
        await using var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync();
        await using var connection = await new ConnectionFactory { Uri = World.Address }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await channel.ExchangeDeclareAsync(Listeners, ExchangeType.Fanout, durable: true, cancellationToken: Cancellation);
        await channel.QueueDeclareAsync(Unread, durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation);
        await channel.QueueBindAsync(Unread, Listeners, "", cancellationToken: Cancellation);

        for (var step = 1; step <= 3; step++)
            await bench.Sender.PublishAsync(new AttemptsProgressed("w", [new AttemptProgress(BusBench.Command(1).Attempt, new RunId(Guid.Empty), step, 3)]), Cancellation);

        Assert.Equal(3u, (await channel.QueueDeclarePassiveAsync(Unread, Cancellation)).MessageCount);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await channel.QueueDeclarePassiveAsync(Unread, Cancellation)).MessageCount > 0) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
    }

    [Fact]
    public async Task Paused_queue_keeps_what_comes_for_others_and_is_read_again_afterwards_also_when_the_broker_was_away_meanwhile()
    {
        await using var proxy = new FaultProxy(World.Address);
        await using var other = await (await BusBench.StartAsync(World.Address)).ReadyAsync();
        await using var bench = await (await BusBench.StartAsync(World.AddressVia(proxy.Port), TimeSpan.FromSeconds(1))).ReadyAsync();
        await other.Pause.PauseAsync([BusBench.Lasting], Cancellation);
        await bench.Pause.PauseAsync([BusBench.Lasting], Cancellation);
        Assert.Contains(BusBench.Lasting, await bench.WhatIsAwayAsync(), StringComparison.Ordinal);
        await bench.Sender.SendAsync(BusBench.Lasting, new AttemptReports([]), isLasting: true, Cancellation);
        other.Pause.Resume([BusBench.Lasting]);
        await other.Reports.Reader.ReadAsync(Cancellation);
        Assert.Equal(0, bench.Reports.Reader.Count);

        proxy.Refuse();
        await Assert.ThrowsAsync<BusException>(() => bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(1), isLasting: false, Cancellation));
        bench.Pause.Resume([BusBench.Lasting]);
        await bench.Pause.PauseAsync([BusBench.Lasting], Cancellation);
        bench.Pause.Resume([BusBench.Lasting]);
        proxy.Accept();
        await bench.ReadyAsync();
        await other.Pause.PauseAsync([BusBench.Lasting], Cancellation);
        await bench.SendUntilTakenAsync(BusBench.Lasting, new AttemptReports([]));
        await bench.Reports.Reader.ReadAsync(Cancellation);
    }

    // Past the sender, which says nothing that cannot be read.
    private static async Task PublishAsync(IChannel channel, string type, string body)
    {
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Headers = new Dictionary<string, object?> { ["MT-MessageType"] = $"urn:message:RenderFarm.Contracts.Attempts:{type}" },
        };
        await channel.BasicPublishAsync("", BusBench.Lasting, mandatory: true, properties, Encoding.UTF8.GetBytes(body), Cancellation);
    }

    private async Task<string> SetAsideAsync(IChannel channel, string queue, string suffix = "_error")
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            if ((await World.QueuesAsync()).Any(known => known.Name == queue + suffix) && await channel.BasicGetAsync(queue + suffix, autoAck: true, Cancellation) is { } aside)
                return Encoding.UTF8.GetString(aside.Body.Span);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }
}
