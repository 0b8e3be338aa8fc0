using RabbitMQ.Client;

namespace RenderFarm.Hosting.Messaging.Broker;

/// <summary>
/// Whether the broker has stopped taking messages because its memory or its disk runs out. The bus is connected all the while and looks well: its sends are
/// just never confirmed.
/// </summary>
/// <remarks>
/// A broker tells a connection of its alarm when that one publishes, and reads nothing more from it until the alarm is over. So a message is published: an empty
/// one, to a queue that there is not, which the broker drops.
/// </remarks>
internal sealed class BrokerAlarm
{
    // No queue of anyone's has this name. Every role may write to the default exchange.
    private const string Nobody = "renderfarm.nobody";

    private IConnection? _connection;
    private IChannel? _channel;
    private volatile string? _reason;

    /// <summary>What it runs out of in the broker's own words, such as "low on memory"; null while it takes messages, as far as is known.</summary>
    public string? Reason => _reason;

    /// <summary>Begins with a new connection. What was known of the broker by another one is forgotten.</summary>
    public void Listen(IConnection connection)
    {
        (_connection, _channel, _reason) = (connection, null, null);
        connection.ConnectionBlockedAsync += (_, told) => Hear(connection, told.Reason);
        connection.ConnectionUnblockedAsync += (_, _) => Hear(connection, null);
    }

    /// <summary>Publishes, so that an alarm is told.</summary>
    /// <param name="connection">The one that is listened to.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task AskAsync(IConnection connection, CancellationToken cancellation)
    {
        // Kept open: closing it would wait for an answer that does not come under an alarm.
        if (_channel is not { IsOpen: true }) _channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        await _channel.BasicPublishAsync("", Nobody, ReadOnlyMemory<byte>.Empty, cancellation);
    }

    private Task Hear(IConnection connection, string? reason)
    {
        if (ReferenceEquals(connection, _connection)) _reason = reason;
        return Task.CompletedTask;
    }
}
