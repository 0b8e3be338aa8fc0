using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using RenderFarm.Hosting.Tls;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.Tests.Hosting;

/// <summary>What an operator is told of a certificate that is refused.</summary>
public sealed class CertificateRefusalTests : IDisposable
{
    private static readonly TlsServer Server = new("farm.example.org", 443) { Trust = "TRUST" };

    private readonly PrivateAuthority _known = new("Known");
    private readonly PrivateAuthority _stranger = new("Stranger");

    [Fact]
    public void Certificate_of_a_known_authority_for_this_name_is_no_matter() =>
        Assert.Null(Judge(_known.Issue(["farm.example.org"]), SslPolicyErrors.None));

    [Fact]
    public void Authority_that_nobody_knows_is_named_with_the_way_to_make_it_known() => Assert.Equal(
        new CertificateRefusal("its certificate was signed by \"CN=Stranger\", an authority that is not known here", "TRUST"),
        Judge(_stranger.Issue(["farm.example.org"]), SslPolicyErrors.RemoteCertificateChainErrors));

    [Fact]
    public void Certificate_for_others_is_refused_with_the_names_it_is_for() => Assert.Equal(
        new CertificateRefusal(
            "its certificate is for a.example.org, 10.0.0.1 and not for farm.example.org", "use a name that it is for, or give the server one for farm.example.org"),
        Judge(_known.Issue(["a.example.org", "10.0.0.1"]), SslPolicyErrors.RemoteCertificateNameMismatch));

    [Fact]
    public void Name_does_not_matter_to_one_who_takes_any() => Assert.Null(
        Judge(_known.Issue(["a.example.org"]), SslPolicyErrors.RemoteCertificateNameMismatch, Server with { TakesAnyName = true }));

    [Fact]
    public void Certificate_that_is_over_is_refused_with_its_end()
    {
        var certificate = _known.Issue(["farm.example.org"], days: -20);
        Assert.Equal(
            new CertificateRefusal($"its certificate expired at {certificate.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC", "renew it"),
            Judge(certificate, SslPolicyErrors.RemoteCertificateChainErrors));
    }

    [Fact]
    public void Certificate_that_has_not_begun_points_at_the_clocks()
    {
        var certificate = _known.Issue(["farm.example.org"], days: 10);
        Assert.Equal(
            new CertificateRefusal(
                $"its certificate is not valid before {certificate.Certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC", "compare the clocks of both machines"),
            Judge(certificate, SslPolicyErrors.RemoteCertificateChainErrors));
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var refusal = Judge(_stranger.Issue(["a.example.org"], days: -20), SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch)!;
        Assert.Matches("^its certificate was signed by .* and its certificate expired at .* and its certificate is for a.example.org and not for farm.example.org$", refusal.Reason);
        Assert.Equal("TRUST, and renew it, and use a name that it is for, or give the server one for farm.example.org", refusal.NextStep);
    }

    [Fact]
    public void Server_that_shows_nothing_is_refused() => Assert.Equal(
        new CertificateRefusal("it shows no certificate", "give it one"), CertificateRefusal.Of(null, null, SslPolicyErrors.RemoteCertificateNotAvailable, Server));

    [Theory]
    [InlineData(null, "put the authority's certificate into a PEM file and name the file in SSL_CERT_FILE")]
    [InlineData("/there.pem", "add the authority's certificate to the PEM file /there.pem that SSL_CERT_FILE names")]
    [InlineData("/gone.pem", "SSL_CERT_FILE names /gone.pem, where no file is")]
    public void Next_step_goes_by_what_SSL_CERT_FILE_names(string? file, string step) =>
        Assert.Equal(step, TlsServer.TrustOfSystem(file, path => path == "/there.pem"));

    public void Dispose()
    {
        _known.Dispose();
        _stranger.Dispose();
    }

    private CertificateRefusal? Judge(ServerCertificate shown, SslPolicyErrors errors, TlsServer? server = null)
    {
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(_known.Certificate);
        Assert.Equal(!errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors), chain.Build(shown.Certificate));
        return CertificateRefusal.Of(shown.Certificate, chain, errors, server ?? Server);
    }
}
