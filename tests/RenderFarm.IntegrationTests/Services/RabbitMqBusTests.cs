using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>The bus on a real broker: what arrives, what comes back, and that no send ends in silence.</summary>
public sealed class RabbitMqBusTests : IAsyncLifetime
{
    private VirtualHost? _world;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private VirtualHost World => _world!;

    public async ValueTask InitializeAsync() => _world = await RabbitMqService.NewVirtualHostAsync();

    public async ValueTask DisposeAsync()
    {
        if (_world is not null) await _world.DisposeAsync();
    }

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
        var counted = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var meter = new MeterListener();
        meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "renderfarm.bus.dead_lettered") listener.EnableMeasurementEvents(instrument);
        };
        meter.SetMeasurementEventCallback<long>((_, count, tags, _) => counted.TrySetResult($"{count} {tags[0].Value}"));
        meter.Start();

        await using var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync();
        var connections = new ConnectionFactory { Uri = World.Address };
        await using var connection = await connections.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Headers = new Dictionary<string, object?> { ["MT-MessageType"] = "urn:message:RenderFarm.Contracts.Attempts:AttemptReports" },
        };
        await channel.BasicPublishAsync("", BusBench.Lasting, mandatory: true, properties, Encoding.UTF8.GetBytes("{\"reports\": 7"), Cancellation);
        await bench.Sender.SendAsync(BusBench.Lasting, new AttemptReports([]), isLasting: true, Cancellation);

        Assert.Empty((await bench.Reports.Reader.ReadAsync(Cancellation)).Reports);
        Assert.Equal($"1 {BusBench.Lasting}", await counted.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        BasicGetResult? aside = null;
        while (aside is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
            if ((await World.QueuesAsync()).Any(queue => queue.Name == BusBench.Lasting + "_error"))
                aside = await channel.BasicGetAsync(BusBench.Lasting + "_error", autoAck: true, Cancellation);
        }

        Assert.Equal("{\"reports\": 7", Encoding.UTF8.GetString(aside.Body.Span));
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
    public async Task Send_that_was_given_up_while_the_broker_was_away_does_not_follow_when_it_is_back()
    {
        await using var proxy = new FaultProxy(World.Address);
        await using var bench = await (await BusBench.StartAsync(World.AddressVia(proxy.Port), TimeSpan.FromSeconds(1))).ReadyAsync();
        proxy.Refuse();
        // The first may be on the wire when the line breaks, and is confirmed or not; those after it find no connection.
        for (var index = 1; index <= 4; index++)
        {
            await Assert.ThrowsAsync<BusException>(() => bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(index), isLasting: false, Cancellation));
        }

        proxy.Accept();
        await bench.ReadyAsync();
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(5));
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(6));

        var taken = new List<int>();
        while (taken.Count == 0 || taken[^1] != 6) taken.Add((await bench.Commands.Reader.ReadAsync(Cancellation)).Attempt.Index);
        Assert.DoesNotContain(taken, index => index is > 1 and < 5);
    }

    [Fact]
    public async Task Frozen_broker_ends_a_send_after_its_time_and_readiness_says_so_until_it_thaws()
    {
        await using var proxy = new FaultProxy(World.Address);
        await using var bench = await (await BusBench.StartAsync(World.AddressVia(proxy.Port), TimeSpan.FromSeconds(1))).ReadyAsync();
        await bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(1), isLasting: false, Cancellation);
        proxy.Pause();
        var begun = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<BusException>(() => bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(2), isLasting: false, Cancellation));
        Assert.Equal($"CancelAttempt for queue {BusBench.Owned} was not confirmed by the broker within 1 s.", error.Message);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(4));
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
        {
            while (await bench.WhatIsAwayAsync() is null) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
        }

        Assert.Contains(BusBench.Owned, await bench.WhatIsAwayAsync(), StringComparison.Ordinal);
        proxy.Resume();
        await bench.ReadyAsync();
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(3));
        await UntilIndexAsync(bench, 3);
    }

    [Fact]
    public async Task Connection_cut_ten_times_loses_no_confirmed_message()
    {
        await using var proxy = new FaultProxy(World.Address);
        await using var bench = await (await BusBench.StartAsync(World.AddressVia(proxy.Port))).ReadyAsync();
        for (var i = 1; i <= 10; i++)
        {
            await bench.SendUntilTakenAsync(BusBench.Lasting, new AttemptReports([AttemptReport.Of(new AttemptStarted(new AttemptId(new JobId(Guid.Empty), i, 1), new RunId(Guid.Empty), "w"))]));
            proxy.Cut();
        }

        HashSet<int> seen = [];
        while (seen.Count < 10) seen.Add((await bench.Reports.Reader.ReadAsync(Cancellation)).Reports[0].Started!.Attempt.Index);
        Assert.Equal(Enumerable.Range(1, 10), seen.Order());
    }

    [Fact]
    public async Task Bus_starts_while_the_broker_is_away_and_is_ready_when_it_comes()
    {
        await using var proxy = new FaultProxy(World.Address);
        proxy.Refuse();
        await using var bench = await BusBench.StartAsync(World.AddressVia(proxy.Port), TimeSpan.FromSeconds(1)).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        await Assert.ThrowsAsync<BusException>(() => bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(1), isLasting: false, Cancellation));
        Assert.NotNull(await bench.WhatIsAwayAsync());
        proxy.Accept();
        await bench.ReadyAsync();
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(2));
        await UntilIndexAsync(bench, 2);
    }

    [Fact]
    public async Task Broker_killed_and_restarted_keeps_confirmed_reports_and_needs_no_restart_of_ours()
    {
        await using var broker = await RabbitMqService.StartAsync();
        await using var world = await broker.AddVirtualHostAsync();
        await using var bench = await (await BusBench.StartAsync(world.Address)).ReadyAsync();
        await bench.Sender.SendAsync(BusBench.Lasting, new AttemptReports([]), isLasting: true, Cancellation);
        await bench.Reports.Reader.ReadAsync(Cancellation);
        // A broker that dies within seconds of a queue's birth may not have written it down, as this version's may.
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System, Cancellation);
        await broker.KillAsync();
        var sending = bench.SendUntilTakenAsync(BusBench.Lasting, new AttemptReports([]));
        await broker.StartAgainAsync();
        await sending;
        await bench.Reports.Reader.ReadAsync(Cancellation);
        await bench.ReadyAsync();
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(7));
        await UntilIndexAsync(bench, 7);
    }

    [Fact]
    public async Task Queue_that_vanishes_under_its_reader_is_noticed_and_read_again()
    {
        await using var bench = await (await BusBench.StartAsync(World.Address)).ReadyAsync();
        await World.DeleteQueueAsync(BusBench.Owned);
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(9));
        await UntilIndexAsync(bench, 9);
        await bench.ReadyAsync();
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

    [Fact]
    public async Task Reader_whose_channel_the_broker_closed_for_slowness_reads_again()
    {
        await using var broker = await RabbitMqService.StartAsync("consumer_timeout = 2000", "-rabbit channel_tick_interval 1000");
        await using var world = await broker.AddVirtualHostAsync();
        await using var bench = await (await BusBench.StartAsync(world.Address)).ReadyAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Holding = release.Task;
        await bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(1), isLasting: false, Cancellation);
        await UntilIndexAsync(bench, 1);
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30)))
        {
            while (await bench.WhatIsAwayAsync() is null) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
        }

        bench.Holding = null;
        release.SetResult();
        await bench.ReadyAsync();
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(2));
        await UntilIndexAsync(bench, 2);
    }

    private static async Task UntilIndexAsync(BusBench bench, int index)
    {
        while ((await bench.Commands.Reader.ReadAsync(Cancellation)).Attempt.Index != index)
        {
            // Earlier ones may have arrived, once or twice.
        }
    }
}
