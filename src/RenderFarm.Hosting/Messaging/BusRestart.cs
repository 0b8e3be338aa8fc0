using MassTransit;
using Microsoft.Extensions.Logging;

namespace RenderFarm.Hosting.Messaging;

/// <summary>Stops the bus and starts it again, and remembers that it is down until a start has succeeded.</summary>
/// <remarks>
/// A stop that was not over in its time counts as one, and a start that fails leaves nothing behind; a stop that fails leaves the bus as it was, and the bus
/// would take a start for done. So a try is always both, in this order.
/// </remarks>
internal sealed partial class BusRestart(IBusControl bus, TimeProvider clock, ILogger logger)
{
    /// <summary>Longest time of a stop, and again of a start.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Whether a try has begun and none has succeeded since.</summary>
    public bool IsDue { get; private set; }

    /// <summary>One try; what fails is logged.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        IsDue = true;
        try
        {
            await BoundedAsync(bus.StopAsync, stopping);
            await BoundedAsync(bus.StartAsync, stopping);
            IsDue = false;
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            LogFailed(logger, error);
        }
    }

    // A time of its own for each: a stop that used up the start's would make it fail.
    private async Task BoundedAsync(Func<CancellationToken, Task> step, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        await step(either.Token);
    }

    [LoggerMessage(EventId = 12, Level = LogLevel.Error, Message = "The bus could not be started again; another try follows")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
