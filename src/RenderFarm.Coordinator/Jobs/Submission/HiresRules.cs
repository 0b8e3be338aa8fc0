using System.Globalization;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>What may be asked of a second pass; pure.</summary>
internal static class HiresRules
{
    /// <summary>The settings with those of the second pass written out; a scale of 1 is none.</summary>
    public static SweepView Apply(SweepView sweep, HiresSettings? given, CheckpointDescription checkpoint, SettingsCheck check)
    {
        if (given is null) return sweep;
        if (given.Scale is not (>= RenderLimits.MinHiresScale and <= RenderLimits.MaxHiresScale))
            check.Fault("hires.scale", given.Scale, $"{RenderLimits.MinHiresScale}…{RenderLimits.MaxHiresScale}.");
        else if (!Fits(sweep.Width, given.Scale, checkpoint) || !Fits(sweep.Height, given.Scale, checkpoint))
            check.Fault("hires.scale", given.Scale, Allowed(sweep, checkpoint));
        if (given.Steps is { } steps && SamplerRules.StepsFault(steps, sweep.Samplers) is { } allowed) check.Fault("hires.steps", steps, allowed);
        var pass = new HiresSettings
        {
            Scale = given.Scale,
            Upscaler = check.Word("hires.upscaler", given.Upscaler, HiresUpscalers.All, HiresUpscalers.Latent),
            Steps = given.Steps,
            Strength = check.Fraction("hires.strength", given.Strength, PictureDefaults.HiresStrength),
        };
        return pass.Scale == 1 ? sweep : sweep with { Hires = pass };
    }

    private static bool Fits(int side, double scale, CheckpointDescription checkpoint)
    {
        // A scale such as 1.1 is no binary fraction: 640 × 1.1 must still be 704.
        var large = Math.Round(side * scale);
        return large <= RenderLimits.MaxSide && large % checkpoint.SideMultiple == 0 && Math.Abs((side * scale) - large) < 1e-6;
    }

    private static string Allowed(SweepView sweep, CheckpointDescription checkpoint) => string.Create(
        CultureInfo.InvariantCulture,
        $"A scale at which width ({sweep.Width}) and height ({sweep.Height}) become multiples of {checkpoint.SideMultiple} of up to {RenderLimits.MaxSide:N0}.");
}
