using System.Net.Sockets;

namespace RenderFarm.Cli.Client;

/// <summary>Opens the HTTP connection to a server.</summary>
internal static class ServerConnection
{
    /// <summary>The environment variable that names the server when <c>--server</c> does not.</summary>
    public const string Variable = "RENDERFARM_SERVER";

    /// <summary>A client whose relative addresses start at <paramref name="server"/>, a path in it included.</summary>
    public static HttpClient Open(Uri server)
    {
        var handler = new SocketsHttpHandler { ConnectCallback = ConnectAsync };
        var address = server.AbsoluteUri.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/");
        return new HttpClient(handler) { BaseAddress = address };
    }

    // An event stream can be silent for as long as an image takes; probes find a server that vanished without saying so.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
