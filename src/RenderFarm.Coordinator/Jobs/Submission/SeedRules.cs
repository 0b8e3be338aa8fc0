using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>Which seeds a job may have: image k adds k to the seed, or to the variation seed where there is a variation. Pure but for the drawing.</summary>
internal static class SeedRules
{
    /// <summary>Seeds of image 0 of each cell.</summary>
    public static IReadOnlyList<uint> Seeds(SubmitJob request, int images, Func<int, uint> drawSeed, SettingsCheck check)
    {
        if (request.Seed is not { } given) return [Drawn(images, drawSeed)];
        var added = request.VariationStrength > 0 ? 0 : images - 1;
        var seeds = check.Sweep("seed", given, 0, RenderLimits.MaxSweepValues, seed => Fault(seed, added));
        return [.. seeds.Select(seed => unchecked((uint)seed))];
    }

    /// <summary>Variation seed of image 0, and how far it leads; both 0 without a variation.</summary>
    public static (uint Seed, double Strength) Variation(SubmitJob request, int images, Func<int, uint> drawSeed, SettingsCheck check)
    {
        var strength = check.Fraction("variation_strength", request.VariationStrength, 0);
        if (request.VariationSeed is not { } seed) return (strength > 0 ? Drawn(images, drawSeed) : 0, strength);
        if (strength == 0) check.Fault("variation_seed", seed, "Only together with a variation_strength above 0; without one it would change nothing.");
        else if (Fault(seed, images - 1) is { } allowed) check.Fault("variation_seed", seed, allowed);
        return (unchecked((uint)seed), strength);
    }

    private static uint Drawn(int images, Func<int, uint> drawSeed) => drawSeed(Math.Clamp(images, 1, RenderLimits.MaxImagesPerCell));

    private static string? Fault(long seed, int added) => seed switch
    {
        < 0 or > uint.MaxValue => $"0…{uint.MaxValue:N0}.",
        _ when seed + added > uint.MaxValue => $"0…{uint.MaxValue:N0}, also with image {added} added to it.",
        _ => null,
    };
}
