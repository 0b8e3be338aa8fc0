using System.Collections.Concurrent;
using MassTransit;

namespace RenderFarm.Hosting.Messaging;

/// <summary>How much this process has taken from each of its queues: what tells a reader at work from one that has gone quiet.</summary>
internal sealed class QueueActivity : IReceiveObserver
{
    private readonly ConcurrentDictionary<string, Counts> _queues = new(StringComparer.Ordinal);

    /// <summary>Messages taken since the start, and those of them that are still being handled.</summary>
    public (long Taken, long InHand) Of(string queue) =>
        _queues.TryGetValue(queue, out var counts) ? (Interlocked.Read(ref counts.Taken), Interlocked.Read(ref counts.Taken) - Interlocked.Read(ref counts.Ended)) : (0, 0);

    public Task PreReceive(ReceiveContext context)
    {
        Interlocked.Increment(ref CountsOf(context).Taken);
        return Task.CompletedTask;
    }

    public Task PostReceive(ReceiveContext context)
    {
        Interlocked.Increment(ref CountsOf(context).Ended);
        return Task.CompletedTask;
    }

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Task.CompletedTask;

    public Task ReceiveFault(ReceiveContext context, Exception exception)
    {
        Interlocked.Increment(ref CountsOf(context).Ended);
        return Task.CompletedTask;
    }

    private Counts CountsOf(ReceiveContext context) => _queues.GetOrAdd(BusWatch.QueueOf(context.InputAddress), _ => new Counts());

    private sealed class Counts
    {
        public long Taken;
        public long Ended;
    }
}
