using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace RenderFarm.Testing.Services;

/// <summary>Loopback ports that nobody listens on.</summary>
internal static class FreePorts
{
    // Below the range from which systems take the near end of outgoing connections: such a port stays free while a server starts.
    private const int First = 20_000;
    private const int End = 32_000;

    /// <summary>Some free ports, all different.</summary>
    public static int[] Take(int count)
    {
        HashSet<int> ports = [];
        while (ports.Count < count)
        {
            var port = RandomNumberGenerator.GetInt32(First, End);
            if (IsFree(port)) ports.Add(port);
        }

        return [.. ports];
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
