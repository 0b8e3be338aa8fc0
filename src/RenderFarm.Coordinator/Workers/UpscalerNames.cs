using System.Text.Json;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Workers;

/// <summary>The upscalers that jobs can name: those of every worker that ever announced itself; pure.</summary>
internal sealed class UpscalerNames
{
    private readonly IReadOnlyList<(UpscalerDescription Upscaler, int Workers)> _known;

    private UpscalerNames(IReadOnlyList<(UpscalerDescription Upscaler, int Workers)> known) => _known = known;

    /// <summary>None.</summary>
    public static UpscalerNames None { get; } = new([]);

    /// <summary>Names to answer an unknown one with.</summary>
    public IEnumerable<string> Names => _known.Select(entry => entry.Upscaler.Name).Distinct().Order(StringComparer.Ordinal);

    /// <summary>Gathers what workers hold.</summary>
    /// <param name="workers">For each whether it is active, and its <see cref="FarmWorker.Upscalers"/>.</param>
    public static UpscalerNames Of(IEnumerable<(bool IsActive, string? Upscalers)> workers) => new([.. workers
        .SelectMany(worker => Read(worker.Upscalers).Distinct().Select(upscaler => (Upscaler: upscaler, worker.IsActive)))
        .GroupBy(entry => entry.Upscaler)
        .Select(group => (group.Key, group.Count(entry => entry.IsActive)))]);

    /// <summary>
    /// The digest that a name or a digest means; null when nobody ever held it. Of several with one name the one that most active workers hold, and then one that
    /// does not depend on who spoke last.
    /// </summary>
    public string? Find(string upscaler) => _known
        .Where(entry => entry.Upscaler.Name == upscaler || entry.Upscaler.Digest == upscaler)
        .OrderByDescending(entry => entry.Workers)
        .ThenBy(entry => entry.Upscaler.Digest, StringComparer.Ordinal)
        .Select(entry => entry.Upscaler.Digest)
        .FirstOrDefault();

    /// <summary>The column's JSON; null for none.</summary>
    public static string? Write(IReadOnlyList<UpscalerDescription>? held) => held is { Count: > 0 } ? JsonSerializer.Serialize(held, FarmJson.Options) : null;

    /// <summary>What the column holds.</summary>
    public static IReadOnlyList<UpscalerDescription> Read(string? column) =>
        column is null ? [] : JsonSerializer.Deserialize<List<UpscalerDescription>>(column, FarmJson.Tolerant)!;
}
