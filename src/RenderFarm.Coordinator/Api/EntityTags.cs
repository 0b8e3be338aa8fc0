using Microsoft.AspNetCore.Http;

namespace RenderFarm.Coordinator.Api;

/// <summary>Conditional requests (RFC 9110, section 13.1.2).</summary>
internal static class EntityTags
{
    /// <summary>True when the client says that it has what the tag stands for.</summary>
    /// <param name="request">The request.</param>
    /// <param name="etag">The tag with its quotes.</param>
    public static bool Matches(HttpRequest request, string etag) => request.Headers.IfNoneMatch.ToString()
        .Split(',', StringSplitOptions.TrimEntries).Any(given => given == "*" || given == etag || given == "W/" + etag);
}
