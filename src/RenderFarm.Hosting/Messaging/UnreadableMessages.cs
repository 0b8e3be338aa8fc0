using System.Diagnostics.Metrics;
using MassTransit;
using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Hosting.Messaging;

/// <summary>
/// Sees what could not be read or, after all retries, not be handled. Such a message waits in the queue <c>NAME_error</c> for a person; nothing is lost
/// by it, since the record still holds what it spoke of.
/// </summary>
internal sealed partial class UnreadableMessages(ILogger<UnreadableMessages> logger) : IReceiveObserver
{
    private static readonly Counter<long> DeadLettered = new Meter(FarmInstruments.HostingMeter).CreateCounter<long>(
        FarmInstruments.BusDeadLettered, "{message}", "Messages that could not be read or handled and were set aside, by queue.");

    public Task PreReceive(ReceiveContext context) => Task.CompletedTask;

    public Task PostReceive(ReceiveContext context) => Task.CompletedTask;

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Task.CompletedTask;

    public Task ReceiveFault(ReceiveContext context, Exception exception)
    {
        var queue = context.InputAddress.AbsolutePath.Split('/')[^1];
        Count(queue);
        LogDeadLettered(logger, queue, exception);
        return Task.CompletedTask;
    }

    /// <summary>Counts a message of a queue that was set aside.</summary>
    internal static void Count(string queue) => DeadLettered.Add(1, new KeyValuePair<string, object?>("queue", queue));

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "A message of queue {Queue} could not be read or handled; it is set aside in {Queue}_error")]
    private static partial void LogDeadLettered(ILogger logger, string queue, Exception error);
}
