using System.Text.Json;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Client;

/// <summary>The API's JSON as a client reads and writes it.</summary>
internal static class ClientJson
{
    /// <summary>The API's conventions, except that members this version does not know are skipped: a newer server may say more.</summary>
    public static JsonSerializerOptions Options => FarmJson.Tolerant;

    /// <summary>The same, laid out for people.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Options) { WriteIndented = true };
}
