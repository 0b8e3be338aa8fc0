using System.Diagnostics;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>The bus while its broker, or the way to it, has a bad day: no send ends in silence, and everything is read again afterwards.</summary>
public sealed class RabbitMqOutageTests : RabbitMqTest
{
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

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task Line_that_is_forgotten_while_a_connection_is_being_made_is_given_up_for_another(int answers)
    {
        await using var proxy = new FaultProxy(World.Address);
        await using var bench = await (await BusBench.StartAsync(World.AddressVia(proxy.Port), TimeSpan.FromSeconds(1))).ReadyAsync();
        var opened = proxy.Opened;
        proxy.Forget(answers);
        proxy.Cut();
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
        {
            while (proxy.Opened == opened) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }

        proxy.Accept();
        await bench.ReadyAsync();
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(1));
        await UntilIndexAsync(bench, 1);
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
