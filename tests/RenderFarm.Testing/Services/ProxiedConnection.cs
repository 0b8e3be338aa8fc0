using System.Net.Sockets;

namespace RenderFarm.Testing.Services;

/// <summary>One client's connection through a <see cref="FaultProxy"/>: two sockets and a pump for each direction.</summary>
/// <param name="proxy">Holds the settings.</param>
/// <param name="client">The client's end.</param>
/// <param name="answers">Pieces of the server's after which the line is forgotten.</param>
internal sealed class ProxiedConnection(FaultProxy proxy, Socket client, int answers) : IDisposable
{
    private const int PieceSize = 16_384;
    private readonly Socket _server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isForgotten = answers == 0;

    /// <summary>Completes when both sides are closed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Passes bytes until either side ends or <see cref="Reset"/> cuts both off.</summary>
    public async Task RunAsync(string host, int port, CancellationToken cancellation)
    {
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(host, port, cancellation);
            await Task.WhenAll(PassAsync(client, _server, toServer: true, cancellation), PassAsync(_server, client, toServer: false, cancellation));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A broken connection is this class's everyday business; both ends learn of it from the reset below.
        }

        Reset();
        _ended.TrySetResult();
    }

    /// <summary>Ends both sides with a reset, so that neither takes it for a goodbye.</summary>
    public void Reset()
    {
        Abort(client);
        Abort(_server);
    }

    public void Dispose() => Reset();

    // A reset of one end is one of the other, at once: the other direction may have nothing to carry by which it would learn of it.
    private async Task PassAsync(Socket from, Socket to, bool toServer, CancellationToken cancellation)
    {
        try
        {
            await PumpAsync(from, to, toServer, cancellation);
            // Nobody is left to whom a forgotten line could be silent.
            if (toServer && _isForgotten) Reset();
        }
        catch (Exception)
        {
            if (toServer || !_isForgotten) Reset();
            throw;
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool toServer, CancellationToken cancellation)
    {
        var buffer = new byte[PieceSize];
        for (var pieces = 0; ; pieces++)
        {
            if (!toServer && pieces == answers) _isForgotten = true;
            var limit = proxy.BytesPerSecond;
            // A tenth of a second's bytes at a time keeps a slow line slow without bursts.
            var piece = limit > 0 ? Math.Clamp(limit / 10, 1, PieceSize) : PieceSize;
            var count = await from.ReceiveAsync(buffer.AsMemory(0, piece), cancellation);
            // It may have been set while nothing came.
            limit = proxy.BytesPerSecond;
            if (limit > 0) await WholeDelay.WaitAsync(proxy.Clock, TimeSpan.FromSeconds((double)count / limit), cancellation);
            await WholeDelay.WaitAsync(proxy.Clock, proxy.Delay, cancellation);
            await proxy.PassAsync(toServer, cancellation);
            if (_isForgotten)
            {
                if (count == 0) return;
                continue;
            }

            if (count == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            if (proxy.Aim?.Strikes(this, toServer, buffer.AsSpan(0, count)) == true)
            {
                Reset();
                return;
            }

            for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), cancellation);
        }
    }

    private static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Already closed: nothing is left to be lingered over.
        }

        socket.Close();
    }
}
