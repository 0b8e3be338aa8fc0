using MassTransit;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.Messaging.Broker;
using RenderFarm.Hosting.Messaging.Queues;

namespace RenderFarm.Hosting.Messaging;

/// <summary>
/// Looks at the broker from outside the bus, over a connection of its own, and starts the bus again when a consumer has gone quiet although everything looks
/// well. Notices an alarm of the broker (<see cref="BrokerAlarm"/>), under which quiet is no wonder.
/// </summary>
/// <remarks>
/// Does nothing while the bus itself says that it is not connected: it is trying already, and one that is stopped between two tries never starts its
/// consumers again. What was in hand is delivered again after a restart of the bus.
/// </remarks>
internal sealed partial class BusWatch(IBusControl bus, BrokerAddress broker, QueueActivity activity, TimeProvider clock, ILogger<BusWatch> logger)
    : FarmLoop(Interval, clock, logger), IAsyncDisposable
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly QuietQueues _quiet = new();
    private readonly BusRestart _restart = new(bus, clock, logger);
    private IConnection? _connection;

    /// <summary>Queues found quiet and not yet seen at work again.</summary>
    public IReadOnlyList<string> Quiet { get; private set; } = [];

    /// <summary>Whether the broker takes messages.</summary>
    public BrokerAlarm Alarm { get; } = new();

    /// <summary>Name of the queue that an endpoint's address means.</summary>
    public static string QueueOf(Uri address) => Uri.UnescapeDataString(address.AbsolutePath.Split('/')[^1]);

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (_restart.IsDue)
        {
            // Nobody else starts a bus that was stopped, and it does not say that it is well.
            await _restart.RunAsync(stopping);
            return false;
        }

        var health = bus.CheckHealth();
        if (health.Status != BusHealthStatus.Healthy)
        {
            Forget();
            return false;
        }

        if (await ConnectAsync(stopping) is not { } connection) return false;
        if (Alarm.Reason is not null)
        {
            // It reads nothing from this connection, and acknowledgements of the bus wait too: a look would not be answered, and a restart would help nobody.
            Forget();
            return false;
        }

        List<QueueLook> looks = [];
        foreach (var queue in health.Endpoints.Keys.Where(address => !address.Contains("temporary=true", StringComparison.Ordinal)))
            looks.Add(await LookAsync(connection, QueueOf(new Uri(queue)), stopping));
        Quiet = _quiet.Judge(looks);
        if (Quiet.Count > 0) await RestartAsync(string.Join(", ", Quiet), stopping);
        // Last: under an alarm nothing is read from this connection after it.
        await Alarm.AskAsync(connection, stopping);
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        Dispose();
    }

    private async Task<IConnection?> ConnectAsync(CancellationToken stopping)
    {
        if (_connection is { IsOpen: true }) return _connection;
        if (_connection is not null) await _connection.DisposeAsync();
        _connection = null;
        try
        {
            _connection = await broker.Factory("renderfarm watch").CreateConnectionAsync(stopping);
            Alarm.Listen(_connection);
            return _connection;
        }
        catch (Exception error) when (error is BrokerUnreachableException or TimeoutException or IOException || (error is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            return null;
        }
    }

    private void Forget()
    {
        _quiet.Forget();
        Quiet = [];
    }

    private async Task<QueueLook> LookAsync(IConnection connection, string queue, CancellationToken stopping)
    {
        var (taken, inHand) = activity.Of(queue);
        try
        {
            await using var channel = await connection.CreateChannelAsync(cancellationToken: stopping);
            var found = await channel.QueueDeclarePassiveAsync(queue, stopping);
            return new QueueLook(queue, true, found.ConsumerCount, found.MessageCount, taken, inHand);
        }
        catch (OperationInterruptedException error) when (error.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return new QueueLook(queue, false, 0, 0, taken, inHand);
        }
    }

    private async Task RestartAsync(string queues, CancellationToken stopping)
    {
        LogRestart(logger, queues);
        await _restart.RunAsync(stopping);
        _quiet.Forget();
    }

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "Nobody reads {Queues} although the bus is connected; it is started again")]
    private static partial void LogRestart(ILogger logger, string queues);
}
