using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace RenderFarm.Hosting.Tls;

/// <summary>Why a server's certificate is refused, in words; pure.</summary>
/// <param name="Reason">What is wrong, as the rest of "is not trusted: ". All of it, so that nobody has to come back for the second fault.</param>
/// <param name="NextStep">What an operator does about it.</param>
public sealed record CertificateRefusal(string Reason, string NextStep)
{
    private const X509ChainStatusFlags NobodyVouches = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    /// <summary>Puts a judgement of the platform into words.</summary>
    /// <param name="shown">The server's certificate; null when it showed none.</param>
    /// <param name="chain">From it to an authority, built.</param>
    /// <param name="errors">What the platform found.</param>
    /// <param name="server">Who was asked, and where authorities are made known.</param>
    /// <returns>Null when nothing is wrong.</returns>
    public static CertificateRefusal? Of(X509Certificate2? shown, X509Chain? chain, SslPolicyErrors errors, TlsServer server)
    {
        if (server.TakesAnyName) errors &= ~SslPolicyErrors.RemoteCertificateNameMismatch;
        if (errors == SslPolicyErrors.None) return null;
        if (shown is null || chain is null) return new CertificateRefusal("it shows no certificate", "give it one");
        List<CertificateRefusal> all = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)) all.AddRange(OfChain(chain, server.Trust));
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            all.Add(new CertificateRefusal($"its certificate is for {NamesOf(shown)} and not for {server.Host}", $"use a name that it is for, or give the server one for {server.Host}"));
        return new CertificateRefusal(string.Join(" and ", all.Select(one => one.Reason)), string.Join(", and ", all.Select(one => one.NextStep)));
    }

    private static IEnumerable<CertificateRefusal> OfChain(X509Chain chain, string trust)
    {
        var rest = X509ChainStatusFlags.NoError;
        foreach (var status in chain.ChainStatus) rest |= status.Status;
        if ((rest & NobodyVouches) != 0)
            yield return new CertificateRefusal($"its certificate was signed by \"{chain.ChainElements[^1].Certificate.Issuer}\", an authority that is not known here", trust);
        foreach (var (index, element) in chain.ChainElements.Index().Where(one => one.Item.ChainElementStatus.Any(status => status.Status == X509ChainStatusFlags.NotTimeValid)))
        {
            var whose = index == 0 ? "its certificate" : $"the certificate of its authority \"{element.Certificate.Subject}\"";
            yield return chain.ChainPolicy.VerificationTime < element.Certificate.NotBefore
                ? new CertificateRefusal($"{whose} is not valid before {Moment(element.Certificate.NotBefore)}", "compare the clocks of both machines")
                : new CertificateRefusal($"{whose} expired at {Moment(element.Certificate.NotAfter)}", "renew it");
        }

        rest &= ~(NobodyVouches | X509ChainStatusFlags.NotTimeValid);
        if (rest != X509ChainStatusFlags.NoError) yield return new CertificateRefusal($"its certificate is not accepted ({rest})", "give it another");
    }

    private static string NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString()))).ToList();
        return names.Count > 0 ? string.Join(", ", names) : $"\"{certificate.Subject}\"";
    }

    private static string Moment(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
