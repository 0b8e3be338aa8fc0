using System.Reflection;
using System.Text.RegularExpressions;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Tests.Deployment;

/// <summary>What a scrape shows: names of samples, and names of instruments as Prometheus spells them.</summary>
internal static partial class MetricNames
{
    /// <summary>Every instrument that <see cref="FarmInstruments"/> names.</summary>
    public static IReadOnlyList<string> Instruments { get; } =
    [
        .. typeof(FarmInstruments).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral && !field.Name.EndsWith("Meter", StringComparison.Ordinal))
            .Select(field => (string)field.GetRawConstantValue()!),
    ];

    /// <summary>Names of the samples in a scrape: histograms have three each.</summary>
    public static HashSet<string> SamplesIn(string scrape) => [.. Sample().Matches(scrape).Select(match => match.Value)];

    /// <summary>Names of the farm's metrics that a rule, a dashboard or a template uses.</summary>
    public static HashSet<string> UsedIn(string text) => [.. Used().Matches(text).Select(match => match.Value)];

    [GeneratedRegex(@"^[a-zA-Z_:][a-zA-Z0-9_:]*", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\brenderfarm_[a-z_]+\b(?=[{\[)\s,])")]
    private static partial Regex Used();
}
