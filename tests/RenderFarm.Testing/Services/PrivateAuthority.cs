using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RenderFarm.Testing.Coordinator;

namespace RenderFarm.Testing.Services;

/// <summary>An authority that nobody knows until a test makes it known, and the certificates it signs, as PEM files in a folder that goes with it.</summary>
public sealed class PrivateAuthority : IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(30);

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _certificate;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();
    private int _issued;

    /// <param name="name">What it calls itself.</param>
    public PrivateAuthority(string name = "RenderFarm test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(_now - Life, _now + Life);
        File = Path.Combine(_folder.Path, "authority.pem");
        System.IO.File.WriteAllText(File, _certificate.ExportCertificatePem());
    }

    /// <summary>Its own certificate, for those who are to trust it.</summary>
    public string File { get; }

    /// <summary>Its own certificate, without its key.</summary>
    public X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(_certificate.RawData);

    /// <summary>Signs a certificate for a server.</summary>
    /// <param name="names">Host names and addresses that it is for.</param>
    /// <param name="days">Which 10 days it is valid on, counted from now: -20 is over, 10 has not begun; default -5, in the middle of them.</param>
    public ServerCertificate Issue(IReadOnlyList<string> names, int days = -5)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        var begin = _now + TimeSpan.FromDays(days);
        using var signed = request.Create(_certificate, begin, begin + TimeSpan.FromDays(10), [1, (byte)Interlocked.Increment(ref _issued)]);
        return Write(signed.CopyWithPrivateKey(key), key);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Dispose();
    }

    private ServerCertificate Write(X509Certificate2 certificate, ECDsa key)
    {
        var name = Path.Combine(_folder.Path, $"server-{_issued}");
        var written = new ServerCertificate(certificate, name + ".pem", name + ".key");
        System.IO.File.WriteAllText(written.File, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(written.KeyFile, key.ExportPkcs8PrivateKeyPem());
        return written;
    }
}

/// <summary>What a server shows, and the key with which it proves that it may.</summary>
/// <param name="Certificate">With its key.</param>
/// <param name="File">The certificate in PEM.</param>
/// <param name="KeyFile">The key in PEM.</param>
public sealed record ServerCertificate(X509Certificate2 Certificate, string File, string KeyFile)
{
    /// <summary>Both files, as scripts take them.</summary>
    public string[] Files => [File, KeyFile];
}
