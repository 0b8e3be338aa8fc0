using System.Buffers.Binary;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using RenderFarm.Hosting.Tls;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>Why a PostgreSQL server and its connection string do not come together over TLS. Npgsql says only that the handshake failed.</summary>
internal static class PostgresTls
{
    // "Do you speak TLS?" The server answers with one letter.
    private const int Request = 80877103;

    /// <summary>What the connection string names and cannot be read; null when all is well. Npgsql would take it for a server that is away.</summary>
    public static string? Unreadable(NpgsqlConnectionStringBuilder settings)
    {
        if (string.IsNullOrEmpty(settings.RootCertificate)) return null;
        try
        {
            return Read(settings.RootCertificate).Count > 0 ? null : Because("it holds no certificate");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return Because(error.Message.TrimEnd('.'));
        }

        string Because(string reason) => $"RenderFarm:Record:Connection names '{settings.RootCertificate}' as Root Certificate, which cannot be read ({reason}): name a PEM file with the authority's certificate.";
    }

    /// <summary>A sentence after a connection failed; null when TLS is not the cause.</summary>
    /// <param name="settings">What was asked for.</param>
    /// <param name="error">How it failed.</param>
    /// <param name="place">Where the record is.</param>
    /// <param name="cancellation">Stops waiting for the server.</param>
    public static async Task<string?> RefusalAsync(NpgsqlConnectionStringBuilder settings, Exception error, string place, CancellationToken cancellation)
    {
        if (error is PostgresException { SqlState: PostgresErrorCodes.InvalidAuthorizationSpecification } stranger && settings.SslMode == SslMode.Disable)
            return $"The record at {place} does not let this user in without TLS ({stranger.MessageText}): say SSL Mode=VerifyFull in RenderFarm:Record:Connection.";
        // A server that is away is not looked at; nor several hosts, and TLS without the question.
        if (error is PostgresException || (PostgresConnection.IsUnavailable(error) && error.InnerException is not AuthenticationException)) return null;
        if (settings.SslMode < SslMode.Require || settings.SslNegotiation == SslNegotiation.Direct || settings.Host is not { } host || host.Contains(',')) return null;
        return await TlsLook.AtAsync(ServerOf(settings, host), cancellation) switch
        {
            { SpeaksTls: false } => $"The record at {place} does not speak TLS, which RenderFarm:Record:Connection asks for with SSL Mode={settings.SslMode}: switch it on at the server (ssl = on), or say SSL Mode=Disable where nobody can listen in.",
            { Refusal: { } refusal } when settings.SslMode > SslMode.Require => $"The record at {place} is not trusted: {refusal.Reason}; {refusal.NextStep}.",
            _ => null,
        };
    }

    private static TlsServer ServerOf(NpgsqlConnectionStringBuilder settings, string host)
    {
        var server = new TlsServer(host, settings.Port) { TakesAnyName = settings.SslMode == SslMode.VerifyCA, Ask = AskAsync };
        if (string.IsNullOrEmpty(settings.RootCertificate)) return server with { Trust = $"name the authority's certificate, a PEM file, as Root Certificate in RenderFarm:Record:Connection, or {server.Trust}" };
        return server with { Authorities = Read(settings.RootCertificate), Trust = $"have the authority's certificate in {settings.RootCertificate}, which RenderFarm:Record:Connection names as Root Certificate" };
    }

    private static X509Certificate2Collection Read(string file)
    {
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPemFile(file);
        return authorities;
    }

    private static async Task<bool> AskAsync(Stream line, CancellationToken cancellation)
    {
        var words = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(words, words.Length);
        BinaryPrimitives.WriteInt32BigEndian(words.AsSpan(4), Request);
        await line.WriteAsync(words, cancellation);
        await line.ReadExactlyAsync(words.AsMemory(0, 1), cancellation);
        return words[0] == (byte)'S';
    }
}
