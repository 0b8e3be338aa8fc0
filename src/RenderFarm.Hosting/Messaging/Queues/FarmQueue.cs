using MassTransit;

namespace RenderFarm.Hosting.Messaging.Queues;

/// <summary>What becomes of a queue when its reader is gone.</summary>
public enum QueueLife
{
    /// <summary>It stays with all it holds, and outlives the broker's crash: what competing coordinators read. A quorum queue.</summary>
    Lasting,

    /// <summary>It goes some minutes after its one reader: commands to one device or process, which mean nothing to anybody else. A classic queue.</summary>
    Owned,
}

/// <summary>Declares queues in the form that each kind has on a broker. Readers declare; senders never do.</summary>
public static class FarmQueue
{
    // Longer than a broker or a worker takes to come back, so that a short absence loses no command.
    private static readonly TimeSpan OwnedExpiry = TimeSpan.FromMinutes(10);

    /// <summary>Adds a queue and its consumers.</summary>
    /// <param name="transport">The bus.</param>
    /// <param name="name">One of <see cref="EndpointNames"/>.</param>
    /// <param name="life">What becomes of it without a reader.</param>
    /// <param name="configure">Binds consumers.</param>
    /// <param name="isSubscribed">Whether published messages of the consumers' types come here too, and not only those that are sent to this queue.</param>
    public static void Queue(
        this IReceiveConfigurator transport, string name, QueueLife life, Action<IReceiveEndpointConfigurator> configure, bool isSubscribed = false) =>
        transport.ReceiveEndpoint(name, endpoint =>
        {
            endpoint.ConfigureConsumeTopology = isSubscribed;
            if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit) Shape(rabbit, life);
            configure(endpoint);
        });

    private static void Shape(IRabbitMqReceiveEndpointConfigurator endpoint, QueueLife life)
    {
        if (life == QueueLife.Lasting)
        {
            endpoint.SetQuorumQueue();
            return;
        }

        endpoint.QueueExpiration = OwnedExpiry;
        // What was said to a process that died was taken back with all it held. Left in the queue it would be rendered a second time beside the run that
        // took its place, or kill the next process with a poison that should have run alone. What is purged wrongly is missed, and said again.
        endpoint.PurgeOnStartup = true;
        // Of the exchange beside the queue, which nothing would ever delete otherwise.
        endpoint.AutoDelete = true;
    }
}
