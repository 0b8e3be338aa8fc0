using System.Globalization;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Files;

/// <summary>
/// How the images of a sweep lie on a contact sheet: the setting that changes fastest runs along the columns, every combination of the others
/// is a row. Cell (r, c) is image r × columns + c of the job.
/// </summary>
/// <param name="Title">The prompt, or how many there are.</param>
/// <param name="Subtitle">What all images have in common.</param>
/// <param name="Rows">A label for each row; one empty label where only one setting is swept.</param>
/// <param name="Columns">A label for each column.</param>
internal sealed record SweepGrid(string Title, string Subtitle, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns)
{
    /// <summary>More than this is no longer a picture that people look at.</summary>
    public const int MaxCells = 600;

    /// <summary>True when the job has more than one cell, several images of one cell being none.</summary>
    public static bool IsSweep(SweepView sweep) =>
        (long)sweep.Prompts.Count * sweep.Samplers.Count * sweep.Steps.Count * sweep.GuidanceScales.Count * (sweep.Strengths?.Count ?? 1) * sweep.Seeds.Count > 1;

    /// <summary>The grid of a sweep.</summary>
    public static SweepGrid Of(SweepView sweep, string model)
    {
        var axes = Axes(sweep).ToList();
        var columns = axes.FindLast(axis => axis.Count > 1) ?? [""];
        var rows = axes.Take(Math.Max(0, axes.FindLastIndex(axis => axis.Count > 1)))
            .Where(axis => axis.Count > 1)
            .Aggregate((IReadOnlyList<string>)[""], Combine);
        var title = sweep.Prompts.Count == 1 ? sweep.Prompts[0] : $"{sweep.Prompts.Count} prompts";
        var common = axes.Skip(1).Where(axis => axis.Count == 1).Select(axis => axis[0]);
        var subtitle = string.Join(" · ", common.Prepend($"{sweep.Width}×{sweep.Height}").Prepend(model));
        return new SweepGrid(title, subtitle, rows, columns);
    }

    // In the order of a sweep's cells; the last changes fastest. Image k of a cell has seed + k (or variation seed + k), so both are one axis of seeds.
    private static IEnumerable<List<string>> Axes(SweepView sweep)
    {
        var karras = sweep.Samplers.Select(sampler => sampler.NoiseSchedule).Distinct().Count() > 1;
        yield return [.. sweep.Prompts];
        yield return [.. sweep.Samplers.Select(sampler => karras ? $"{sampler.Sampler} {sampler.NoiseSchedule}" : sampler.Sampler)];
        yield return [.. sweep.Steps.Select(steps => Label("steps", steps))];
        yield return [.. sweep.GuidanceScales.Select(scale => Label("guidance", scale))];
        if (sweep.Strengths is { } strengths) yield return [.. strengths.Select(strength => Label("strength", strength))];
        yield return [.. sweep.Seeds.SelectMany(seed => Enumerable.Range(0, sweep.Images).Select(image => sweep.VariationStrength > 0
            ? $"{Label("seed", seed)}, {Label("variation", sweep.VariationSeed + (long)image)}"
            : Label("seed", seed + (long)image)))];
    }

    private static IReadOnlyList<string> Combine(IReadOnlyList<string> outer, IReadOnlyList<string> inner) =>
        [.. outer.SelectMany(first => inner.Select(second => first.Length == 0 ? second : $"{first}, {second}"))];

    private static string Label(string name, IFormattable value) => $"{name} {value.ToString(null, CultureInfo.InvariantCulture)}";
}
