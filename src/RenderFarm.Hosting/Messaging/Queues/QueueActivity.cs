using System.Collections.Concurrent;
using MassTransit;

namespace RenderFarm.Hosting.Messaging.Queues;

/// <summary>How much this process has taken from each of its queues: what tells a reader at work from one that has gone quiet.</summary>
internal sealed class QueueActivity : IReceiveObserver
{
    private readonly ConcurrentDictionary<string, Messages> _queues = new(StringComparer.Ordinal);

    /// <summary>Messages taken since the start, and those of them that are still being handled.</summary>
    public (long Taken, long InHand) Of(string queue) =>
        _queues.TryGetValue(queue, out var messages) ? (Interlocked.Read(ref messages.Taken), messages.InHand.Count) : (0, 0);

    public Task PreReceive(ReceiveContext context)
    {
        var messages = MessagesOf(context);
        messages.InHand.TryAdd(context, 0);
        Interlocked.Increment(ref messages.Taken);
        return Task.CompletedTask;
    }

    public Task PostReceive(ReceiveContext context) => End(context);

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Task.CompletedTask;

    public Task ReceiveFault(ReceiveContext context, Exception exception) => End(context);

    // An unreadable message ends twice: it has a fault, and is then put into another queue, which ends well or has a fault again.
    private Task End(ReceiveContext context)
    {
        MessagesOf(context).InHand.TryRemove(context, out _);
        return Task.CompletedTask;
    }

    private Messages MessagesOf(ReceiveContext context) => _queues.GetOrAdd(BusWatch.QueueOf(context.InputAddress), _ => new Messages());

    private sealed class Messages
    {
        public readonly ConcurrentDictionary<ReceiveContext, byte> InHand = new(ReferenceEqualityComparer.Instance);
        public long Taken;
    }
}
