using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace RenderFarm.Contracts.Api;

/// <summary>How the API writes and reads JSON: snake_case names, nothing unknown accepted, nulls left out.</summary>
public static class FarmJson
{
    /// <summary>The options, shared by server and client.</summary>
    public static JsonSerializerOptions Options { get; } = Create(
        // Without it the first request of a process that nothing was written in before finds no types.
        new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() });

    /// <summary>
    /// The same, except that members this version does not know are skipped: for what a later version may have written, a newer server or a coordinator beside this
    /// one during an upgrade.
    /// </summary>
    public static JsonSerializerOptions Tolerant { get; } = new(Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    /// <summary>Applies the API's conventions to options that somebody else owns.</summary>
    public static JsonSerializerOptions Create(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.AllowDuplicateProperties = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        return options;
    }
}
