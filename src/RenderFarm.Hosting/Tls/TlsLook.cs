using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace RenderFarm.Hosting.Tls;

/// <summary>What was seen of a server.</summary>
/// <param name="SpeaksTls">Whether it answered in TLS.</param>
/// <param name="Refusal">Why its certificate is refused; null when it is trusted, and for a server without TLS.</param>
public sealed record TlsSight(bool SpeaksTls, CertificateRefusal? Refusal);

/// <summary>
/// Shakes hands with a server and leaves. Clients of broker, database and store say no more than that a certificate was rejected, each in its own words, if
/// they say it at all and do not simply try again; this finds out why, with the platform's judgement that they rely on too.
/// </summary>
public static class TlsLook
{
    /// <summary>Longest time of a look.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <returns>Null when nothing can be said of it now: it is away, gives no answer or broke off.</returns>
    public static async Task<TlsSight?> AtAsync(TlsServer server, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(server.Host, server.Port, limit.Token);
            var stream = client.GetStream();
            return server.Ask is { } ask && !await ask(stream, limit.Token) ? new TlsSight(false, null) : await ShakeHandsAsync(stream, server, limit.Token);
        }
        catch (Exception error) when (error is SocketException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<TlsSight> ShakeHandsAsync(NetworkStream stream, TlsServer server, CancellationToken cancellation)
    {
        TlsSight? seen = null;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = server.Host,
            CertificateChainPolicy = server.Authorities is { } authorities ? PolicyOf(authorities) : null,
            RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
            {
                seen = new TlsSight(true, CertificateRefusal.Of(shown as X509Certificate2, chain, errors, server));
                return seen.Refusal is null;
            },
        };
        await using var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellation);
        }
        catch (AuthenticationException) when (seen is not null)
        {
            // Refused above, with the reason.
        }
        catch (AuthenticationException error)
        {
            // What TLS itself says has a cause of its own; an answer in another language has none.
            return new TlsSight(error.InnerException is not null, null);
        }

        return seen!;
    }

    private static X509ChainPolicy PolicyOf(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
