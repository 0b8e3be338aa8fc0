using RenderFarm.Hosting.Messaging;
using RenderFarm.IntegrationTests.Deployment;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>A broker that runs out of memory: connected, and no use to anyone.</summary>
public sealed class BrokerAlarmTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Broker_under_an_alarm_is_named_by_readiness_until_the_alarm_is_over()
    {
        await using var broker = await RabbitMqService.StartAsync();
        await using var world = await broker.AddVirtualHostAsync();
        await using var bench = await (await BusBench.StartAsync(world.Address, TimeSpan.FromSeconds(1))).ReadyAsync();

        await ControlAsync(broker, "set_vm_memory_high_watermark", "0.00001");
        string? away;
        while ((away = await bench.WhatIsAwayAsync()) is null) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);

        Assert.Equal("The broker takes no messages, for it is low on memory: give it memory or disk, or raise its limit.", away);
        await Assert.ThrowsAsync<BusException>(() => bench.Sender.SendAsync(BusBench.Owned, BusBench.Command(1), isLasting: false, Cancellation));

        await ControlAsync(broker, "set_vm_memory_high_watermark", "0.4");
        await bench.ReadyAsync();
        await bench.SendUntilTakenAsync(BusBench.Owned, BusBench.Command(2));
        Assert.DoesNotContain(await world.QueuesAsync(), queue => queue.Name == "renderfarm.nobody");
    }

    private static async Task ControlAsync(RabbitMqService broker, params string[] arguments)
    {
        var (code, output) = await DeployCheck.RunAsync("bash", ["-c", ". \"$0\" && exec /usr/lib/rabbitmq/bin/rabbitmqctl \"$@\"", broker.EnvironmentFile, .. arguments], "", Cancellation);
        Assert.True(code == 0, output);
    }
}
