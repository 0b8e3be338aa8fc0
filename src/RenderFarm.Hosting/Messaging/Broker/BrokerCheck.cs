using System.Net.Sockets;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using RenderFarm.Hosting.Startup;
using RenderFarm.Hosting.Tls;

namespace RenderFarm.Hosting.Messaging.Broker;

/// <summary>Whether the broker can be spoken to in the way that its address says, with TLS or without.</summary>
internal sealed class BrokerCheck(BrokerAddress broker) : IServerCheck
{
    /// <summary>Whether the address asks for TLS; without it the broker cannot be looked at in silence.</summary>
    public bool IsTls => broker.IsTls;

    public async Task<string?> RefusalAsync(CancellationToken cancellation)
    {
        // A handshake would stand in the log of a broker without TLS as a client that talks nonsense: only when plain words were not understood.
        if (!broker.IsTls && !await AnswersOtherwiseAsync(cancellation)) return null;
        var seen = await TlsLook.AtAsync(new TlsServer(broker.Host, broker.Port), cancellation);
        return seen switch
        {
            { SpeaksTls: true } when !broker.IsTls => $"The broker at {broker} speaks TLS, and RenderFarm:Bus:Connection asks for none: begin it with amqps:// in place of amqp://.",
            { SpeaksTls: false } when broker.IsTls =>
                $"The broker at {broker} does not speak TLS, which RenderFarm:Bus:Connection asks for: name its port for TLS (usually 5671), or begin with amqp:// where nobody can listen in.",
            { Refusal: { } refusal } => $"The broker at {broker} is not trusted: {refusal.Reason}; {refusal.NextStep}.",
            _ => null,
        };
    }

    private async Task<bool> AnswersOtherwiseAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await broker.Factory("renderfarm start").CreateConnectionAsync(cancellation);
            return false;
        }
        catch (Exception error) when (error is BrokerUnreachableException or TimeoutException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return !IsAway(error);
        }
    }

    // A server of TLS closes the line, or resets it. One that does not let this user in has understood.
    private static bool IsAway(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException { SocketErrorCode: not SocketError.ConnectionReset } or TimeoutException or OperationCanceledException or AuthenticationFailureException or OperationInterruptedException) return true;
        }

        return false;
    }
}
