using System.Reflection;
using MassTransit;
using RenderFarm.Hosting.Messaging.Queues;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class QueueActivityTests
{
    private readonly QueueActivity _activity = new();

    [Fact]
    public async Task Message_is_in_hand_until_it_ends()
    {
        var (first, second) = (Message(), Message());
        await _activity.PreReceive(first);
        await _activity.PreReceive(second);
        Assert.Equal((2L, 2L), _activity.Of("q"));
        await _activity.PostReceive(first);
        Assert.Equal((2L, 1L), _activity.Of("q"));
        await _activity.ReceiveFault(second, new InvalidOperationException());
        Assert.Equal((2L, 0L), _activity.Of("q"));
        Assert.Equal((0L, 0L), _activity.Of("another"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Message_that_ends_twice_is_counted_once(bool isSetAside)
    {
        var (unreadable, next) = (Message(), Message());
        await _activity.PreReceive(unreadable);
        await _activity.PreReceive(next);
        await _activity.ReceiveFault(unreadable, new FormatException());
        if (isSetAside) await _activity.PostReceive(unreadable);
        else await _activity.ReceiveFault(unreadable, new IOException());
        Assert.Equal((2L, 1L), _activity.Of("q"));
    }

    private static ReceiveContext Message() => DispatchProxy.Create<ReceiveContext, MessageOfQueue>();

    /// <summary>A message that is known by its queue alone.</summary>
    public class MessageOfQueue : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == "get_" + nameof(ReceiveContext.InputAddress) ? new Uri("rabbitmq://localhost/farm/q") : throw new NotSupportedException(targetMethod.Name);
    }
}
