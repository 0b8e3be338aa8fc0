using System.Collections.Frozen;
using System.Net;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using Minio.Exceptions;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>The server answered and said no.</summary>
internal sealed class S3RefusedException(HttpStatusCode status, string code) : Exception($"it answered {(int)status} {code}")
{
    // A moment was bad, although the status blames the request. AWS and Ceph answer 400 to a body that a slow or broken line cut short, AWS also to one that did not
    // arrive as it was sent and to too many requests at once; 409 is for one that met another on the same object.
    private static readonly FrozenSet<string> PassingCodes = FrozenSet.Create(
        StringComparer.Ordinal,
        "RequestTimeout", "RequestTimeoutException", "IncompleteBody", "BadDigest",
        "SlowDown", "Throttling", "ThrottlingException", "RequestThrottled", "RequestLimitExceeded",
        "OperationAborted", "ConditionalRequestConflict");

    /// <summary>Whether the same request may be answered otherwise a moment later.</summary>
    public bool IsPassing =>
        (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || PassingCodes.Contains(code);
}

/// <summary>What an S3 server's refusals mean.</summary>
internal static partial class S3Failure
{
    /// <exception cref="S3RefusedException">The answer is not a success.</exception>
    public static async Task ThrowIfRefusedAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (answer.IsSuccessStatusCode) return;
        // The code tells a wrong key from a wrong clock; it stands in an XML document, unless a proxy answered.
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        throw new S3RefusedException(answer.StatusCode, Code().Match(text) is { Success: true } match ? match.Groups[1].Value : answer.ReasonPhrase ?? "");
    }

    /// <summary>Whether the object or its bucket is not there. Other types of the client say nothing reliable.</summary>
    public static bool IsNotFound(Exception error) => error is ObjectNotFoundException or BucketNotFoundException;

    /// <summary>Whether it is worth another try.</summary>
    public static bool IsPassing(Exception error) => error switch
    {
        S3RefusedException refused => refused.IsPassing,
        AccessDeniedException or AuthorizationException or InvalidBucketNameException => false,
        _ => true,
    };

    /// <summary>What TLS had against the server; null when it is not the cause.</summary>
    public static AuthenticationException? OfTls(Exception error) => error as AuthenticationException ?? (error.InnerException is { } cause ? OfTls(cause) : null);

    [GeneratedRegex("<Code>([A-Za-z0-9]{1,64})</Code>")]
    private static partial Regex Code();
}
