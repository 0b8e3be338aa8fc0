using MassTransit;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Messaging.Queues;

namespace RenderFarm.Hosting.Messaging;

/// <summary>
/// Hands messages to the bus. A call ends when the broker has confirmed the message, or with a <see cref="BusException"/> after a time that is bounded: never in
/// silence, and never without end.
/// </summary>
/// <remarks>A call that failed may still have handed over its message. On a broker, senders name the queue and declare nothing.</remarks>
public sealed class FarmSender
{
    // MassTransit's name for the broker's own exchange, which takes a message to the queue that its routing key names and returns it when there is none.
    private static readonly Uri Broker = new("exchange:amq.rabbitmq.reply-to");

    private readonly IBusControl _bus;
    private readonly bool _isRemote;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;

    internal FarmSender(IBusControl bus, bool isRemote, IOptions<BusOptions> options, TimeProvider clock) =>
        (_bus, _isRemote, _timeout, _clock) = (bus, isRemote, options.Value.SendTimeout, clock);

    /// <summary>Whether the bus is up, with all its queues.</summary>
    public bool IsReady => _bus.CheckHealth().Status == BusHealthStatus.Healthy;

    /// <summary>Sends to one queue.</summary>
    /// <param name="queue">One of <see cref="EndpointNames"/>.</param>
    /// <param name="message">A contract.</param>
    /// <param name="isLasting">Whether the message must outlive a crash of the broker.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="BusException">It was not confirmed in time, or there is no such queue.</exception>
    public Task SendAsync(string queue, object message, bool isLasting, CancellationToken cancellation) => BoundedAsync(
        message, $"queue {queue}", async either =>
        {
            var target = await _bus.GetSendEndpoint(_isRemote ? Broker : EndpointNames.Address(queue));
            await target.Send(message, message.GetType(), Pipe.Execute<SendContext>(context => Address(context, queue, message, isLasting)), either);
        }, cancellation);

    /// <summary>Tells everyone who listens now; nobody may be listening.</summary>
    /// <exception cref="BusException">It was not confirmed in time.</exception>
    public Task PublishAsync<T>(T message, CancellationToken cancellation)
        where T : class => BoundedAsync(
        message, "its listeners", either => _bus.Publish(message, Pipe.Execute<PublishContext<T>>(context => Lighten(context, message)), either), cancellation);

    private void Lighten(SendContext context, object message)
    {
        context.Durable = false;
        if (_isRemote) context.TimeToLive = MessageLife.Of(message);
    }

    private void Address(SendContext context, string queue, object message, bool isLasting)
    {
        context.Durable = isLasting;
        if (!_isRemote) return;
        context.TimeToLive = MessageLife.Of(message);
        context.SetRoutingKey(queue);
        if (context.TryGetPayload<RabbitMqSendContext>(out var rabbit)) rabbit.Mandatory = true;
    }

    private async Task BoundedAsync(object message, string where, Func<CancellationToken, Task> send, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            // Waited for beside it: while a connection is being made anew, a send does not look at its token.
            await send(either.Token).WaitAsync(either.Token);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (MessageReturnedException error)
        {
            throw new BusException($"{message.GetType().Name} came back: the broker has no {where}.", error);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested)
        {
            throw new BusException($"{message.GetType().Name} for {where} was not confirmed by the broker within {_timeout.TotalSeconds} s.", error);
        }
        catch (Exception error)
        {
            throw new BusException($"{message.GetType().Name} could not be handed over for {where}: {error.Message}", error);
        }
    }
}
