using Microsoft.AspNetCore.Http;

namespace RenderFarm.Coordinator.Api;

/// <summary>Whose request it is. Until API keys exist, a trusted proxy says so in a header; jobs of others do not exist for a tenant.</summary>
internal static class Tenancy
{
    /// <summary>The tenant of requests that name none.</summary>
    public const string Default = "default";

    /// <summary>The tenant of a request.</summary>
    public static string Of(HttpRequest request, CoordinatorOptions options) =>
        options.TenantHeader is { } header && request.Headers[header].ToString() is { Length: > 0 } tenant ? tenant : Default;
}
