using System.Net.Sockets;
using RabbitMQ.Client;

namespace RenderFarm.Hosting.Messaging.Broker;

/// <summary>A TCP connection to a broker which breaks when the broker has said nothing for a time, from the first byte on.</summary>
/// <remarks>
/// The client listens for missing heartbeats only once a connection is made. Until then it waits for the broker's first words without end
/// (RabbitMQ.Client 7.2: the time limits that it sets on the socket are not those of asynchronous reads), and so does everyone who shares that connection:
/// a peer whose machine died just then, or a line that was forgotten between the two, held up the bus for ever.
/// </remarks>
/// <param name="family">IPv4 or IPv6.</param>
/// <param name="silence">Longest time between two pieces, above zero.</param>
/// <param name="clock">Measures it.</param>
internal sealed class BrokerLine(AddressFamily family, TimeSpan silence, TimeProvider clock)
    : TcpClientAdapter(new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
{
    /// <summary>Silence after which a connection with these heartbeats is broken: a broker sends one at least every half of <paramref name="heartbeat"/>.</summary>
    public static TimeSpan SilenceOf(TimeSpan heartbeat) => 2 * heartbeat;

    /// <summary>Makes every connection of a factory such a one.</summary>
    public static void Use(ConnectionFactory factory) =>
        factory.SocketFactory = family => new BrokerLine(family, SilenceOf(factory.RequestedHeartbeat), TimeProvider.System);

    /// <inheritdoc />
    public override NetworkStream GetStream() => new Listening(Client, silence, clock);

    private sealed class Listening(Socket socket, TimeSpan silence, TimeProvider clock) : NetworkStream(socket)
    {
        // The one way in which both the client and TLS read.
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using var limit = new CancellationTokenSource(silence, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                return await base.ReadAsync(buffer, either.Token);
            }
            catch (OperationCanceledException error) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new IOException($"The broker has said nothing for {silence.TotalSeconds:0.#} s.", error);
            }
        }
    }
}
