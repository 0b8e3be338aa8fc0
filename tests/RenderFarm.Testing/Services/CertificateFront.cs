using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace RenderFarm.Testing.Services;

/// <summary>A port on loopback that shows a certificate and hangs up: what a client refuses, it refuses before a server has said a word.</summary>
public sealed class CertificateFront : IAsyncDisposable
{
    // Length and code of PostgreSQL's question whether TLS is spoken.
    private const int Question = 8;

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ending = new();
    private readonly X509Certificate2 _certificate;
    private readonly bool _isAsked;
    private readonly Task _accepting;
    private int _shown;

    /// <param name="certificate">What it shows, with its key.</param>
    /// <param name="isAsked">Whether clients ask for TLS first, as PostgreSQL's do.</param>
    /// <param name="port">Where it listens; 0 (default) for a free port.</param>
    public CertificateFront(X509Certificate2 certificate, bool isAsked = false, int port = 0)
    {
        (_certificate, _isAsked, _listener) = (certificate, isAsked, new TcpListener(IPAddress.Loopback, port));
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The loopback port.</summary>
    public int Port { get; }

    /// <summary>Handshakes begun so far.</summary>
    public int Shown => Volatile.Read(ref _shown);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_ending.Token);
                await ShowAsync(client.GetStream());
            }
            catch (Exception error) when (error is IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
            {
                // A client that refuses hangs up, which is what it is here for; at the end the loop's condition sees to it.
            }
        }
    }

    private async Task ShowAsync(NetworkStream line)
    {
        if (_isAsked)
        {
            await line.ReadExactlyAsync(new byte[Question], _ending.Token);
            await line.WriteAsync("S"u8.ToArray(), _ending.Token);
        }

        Interlocked.Increment(ref _shown);
        await using var tls = new SslStream(line);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _ending.Token);
    }
}
