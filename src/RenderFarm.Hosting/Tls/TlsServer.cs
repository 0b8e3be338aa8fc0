using System.Security.Cryptography.X509Certificates;

namespace RenderFarm.Hosting.Tls;

/// <summary>A server that is looked at, and whom it may be vouched for by.</summary>
/// <param name="Host">Name or number, as the setting has it: the certificate must be for it.</param>
/// <param name="Port">1…65535.</param>
public sealed record TlsServer(string Host, int Port)
{
    /// <summary>Variable of the environment that names a file with authorities, in PEM, beside those of the system. Read by the platform, once.</summary>
    public const string AuthorityVariable = "SSL_CERT_FILE";

    /// <summary>The only authorities that count; null (default) for the system's and those of <see cref="AuthorityVariable"/>.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Whether the certificate may be for another name, default false.</summary>
    public bool TakesAnyName { get; init; }

    /// <summary>What is said before the handshake, and whether the answer is that TLS follows; null (default) when it begins at once.</summary>
    public Func<Stream, CancellationToken, Task<bool>>? Ask { get; init; }

    /// <summary>How an authority is made known to whoever connects, as the next step of a refusal.</summary>
    public string Trust { get; init; } = TrustOfSystem(Environment.GetEnvironmentVariable(AuthorityVariable), File.Exists);

    /// <summary>The same for the system's authorities; pure.</summary>
    /// <param name="file">What <see cref="AuthorityVariable"/> is; null when it is not set.</param>
    /// <param name="exists">Whether a file is there.</param>
    internal static string TrustOfSystem(string? file, Func<string, bool> exists) =>
        string.IsNullOrEmpty(file) ? $"put the authority's certificate into a PEM file and name the file in {AuthorityVariable}"
        : exists(file) ? $"add the authority's certificate to the PEM file {file} that {AuthorityVariable} names"
        : $"{AuthorityVariable} names {file}, where no file is";
}
