using System.Net;
using RenderFarm.Hosting.Startup;
using RenderFarm.Hosting.Tls;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>Whether the S3 server can be spoken to in the way that its address says, with TLS or without.</summary>
internal sealed class S3Check(ObjectStoreOptions options) : IServerCheck
{
    public async Task<string?> RefusalAsync(CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(options.Endpoint) || options.Address is not { } address) return null;
        var isTls = address.Scheme == Uri.UriSchemeHttps;
        if (!isTls && !await AnswersOtherwiseAsync(address, cancellation)) return null;
        var store = $"The object store at {address.Host}:{address.Port}";
        return await TlsLook.AtAsync(new TlsServer(address.Host, address.Port), cancellation) switch
        {
            { SpeaksTls: true } when !isTls => $"{store} speaks TLS, and RenderFarm:Store:Endpoint asks for none: begin it with https:// in place of http://.",
            { SpeaksTls: false } when isTls => $"{store} does not speak TLS, which RenderFarm:Store:Endpoint asks for: name its port for TLS, or begin with http:// where nobody can listen in.",
            { Refusal: { } refusal } => $"{store} is not trusted: {refusal.Reason}; {refusal.NextStep}.",
            _ => null,
        };
    }

    // Servers of TLS close the line that speaks HTTP, or answer 400; a store may answer anything else to one who shows no key.
    private static async Task<bool> AnswersOtherwiseAsync(Uri address, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TlsLook.Limit);
        using var client = new HttpClient();
        try
        {
            using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return answer.StatusCode == HttpStatusCode.BadRequest;
        }
        catch (HttpRequestException error)
        {
            return error.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
