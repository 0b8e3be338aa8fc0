using System.Diagnostics.Metrics;
using MassTransit;
using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Hosting.Messaging;

/// <summary>
/// Sees what could not be read or, after all retries, not be handled. Such a message waits in the queue <c>NAME_error</c> for a person, and one of a kind that
/// nobody here takes, of a later version say, in <c>NAME_skipped</c>; nothing is lost by it, since the record still holds what it spoke of.
/// </summary>
/// <remarks>
/// A fault alone does not tell: one is also reported when the process ends or the connection breaks while a message is in hand, even one that was handled well,
/// and the broker gives it out again. Only one whose fault was followed by its acknowledgement is in the other queue.
/// </remarks>
internal sealed partial class UnreadableMessages(ILogger<UnreadableMessages> logger) : IReceiveObserver
{
    private static readonly Counter<long> DeadLettered = new Meter(FarmInstruments.HostingMeter).CreateCounter<long>(
        FarmInstruments.BusDeadLettered, "{message}", "Messages that could not be read or handled and were set aside, by queue.");

    public Task PreReceive(ReceiveContext context) => Task.CompletedTask;

    // Comes once, after the acknowledgement; instead of it comes ReceiveFault when the message stays the broker's.
    public Task PostReceive(ReceiveContext context)
    {
        var wasFaulty = context.TryGetPayload<Fault>(out var fault);
        if (!wasFaulty && context.IsDelivered) return Task.CompletedTask;
        var queue = context.InputAddress.AbsolutePath.Split('/')[^1];
        Count(queue);
        if (wasFaulty) LogDeadLettered(logger, queue, fault!.Error);
        else LogSkipped(logger, queue);
        return Task.CompletedTask;
    }

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    // Of the last try alone. What is set aside for it is not reported to ReceiveFault.
    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Keep(context.ReceiveContext, exception);

    public Task ReceiveFault(ReceiveContext context, Exception exception) => Keep(context, exception);

    /// <summary>Counts a message of a queue that was set aside.</summary>
    internal static void Count(string queue) => DeadLettered.Add(1, new KeyValuePair<string, object?>("queue", queue));

    private static Task Keep(ReceiveContext context, Exception error)
    {
        context.GetOrAddPayload(() => new Fault(error));
        return Task.CompletedTask;
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "A message of queue {Queue} could not be read or handled; it is set aside in {Queue}_error")]
    private static partial void LogDeadLettered(ILogger logger, string queue, Exception error);

    [LoggerMessage(EventId = 13, Level = LogLevel.Error, Message = "A message of queue {Queue} is of a kind that nothing here takes; it is set aside in {Queue}_skipped")]
    private static partial void LogSkipped(ILogger logger, string queue);

    private sealed record Fault(Exception Error);
}
