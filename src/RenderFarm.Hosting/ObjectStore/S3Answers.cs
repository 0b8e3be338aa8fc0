namespace RenderFarm.Hosting.ObjectStore;

/// <summary>
/// Has all of an answer before the Minio client sees any of it: that client reads listings and refusals with a thread that waits and cannot be called back, for
/// ever when the line has died.
/// </summary>
internal sealed class S3Answers(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        try
        {
            // The answer to HEAD tells the length of a body that does not come, which may be more than memory holds.
            if (request.Method != HttpMethod.Head) await answer.Content.LoadIntoBufferAsync(cancellationToken);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }
}
