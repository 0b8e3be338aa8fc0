using System.Globalization;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>What may be asked of a second pass; pure.</summary>
internal static class HiresRules
{
    /// <summary>The settings with those of the second pass written out, an upscaler by its digest; a scale of 1 is none.</summary>
    public static SweepView Apply(SweepView sweep, SubmitJob request, CheckpointDescription checkpoint, UpscalerNames upscalers, SettingsCheck check)
    {
        if (request.Hires is not { } given) return sweep;
        CheckScale(given.Scale, sweep, checkpoint, check);
        if (request.InitImage is not null && given.Scale > 1)
            check.Fault("hires", given.Scale, "Not together with an init_image: the second pass is for text to image.");
        var pass = new HiresSettings
        {
            Scale = given.Scale,
            Upscaler = Upscaler(given.Upscaler, upscalers, check),
            Steps = given.Steps,
            Strength = check.Fraction("hires.strength", given.Strength, PictureDefaults.HiresStrength),
        };
        if (given.Steps is < RenderLimits.MinSteps or > RenderLimits.MaxSteps)
            check.Fault("hires.steps", given.Steps, string.Create(CultureInfo.InvariantCulture, $"{RenderLimits.MinSteps}…{RenderLimits.MaxSteps:N0}."));
        else if (pass.Strength is > 0 and <= 1)
            CheckSchedules(pass, sweep, check);
        return pass.Scale == 1 ? sweep : sweep with { Hires = pass };
    }

    /// <summary>Pixels of the largest image that the settings make.</summary>
    /// <param name="sweep">Size and second pass.</param>
    /// <param name="multiple">Width and height are multiples of this many pixels.</param>
    public static long Pixels(SweepView sweep, int multiple)
    {
        var scale = sweep.Hires?.Scale ?? 1;
        return (long)(Large(sweep.Width, scale, multiple) * Large(sweep.Height, scale, multiple));
    }

    /// <summary>Steps of the whole schedule of which a second pass runs the last ones; a strength of 0 runs none.</summary>
    public static int WholeSteps(int steps, double strength) => (int)(steps / Math.Min(strength, LargestDivisor));

    // Of A1111, so that a strength of 1 has the schedule that it has there.
    private const double LargestDivisor = 0.999;

    private static void CheckScale(double scale, SweepView sweep, CheckpointDescription checkpoint, SettingsCheck check)
    {
        if (scale is not (>= RenderLimits.MinHiresScale and <= RenderLimits.MaxHiresScale))
            check.Fault("hires.scale", scale, $"{RenderLimits.MinHiresScale}…{RenderLimits.MaxHiresScale}.");
        else if (Math.Max(Large(sweep.Width, scale, checkpoint.SideMultiple), Large(sweep.Height, scale, checkpoint.SideMultiple)) > RenderLimits.MaxSide)
            check.Fault("hires.scale", scale, string.Create(CultureInfo.InvariantCulture, $"A scale at which {sweep.Width}×{sweep.Height} has sides of up to {RenderLimits.MaxSide:N0}."));
    }

    // A recipe holds the digest: what a name means may change, and an image must not.
    private static string Upscaler(string? given, UpscalerNames upscalers, SettingsCheck check)
    {
        if (HiresUpscalers.FileOf(given) is not { } named) return given ?? HiresUpscalers.Latent;
        if (upscalers.Find(named) is { } digest) return digest;
        string[] held = [.. upscalers.Names];
        check.Fault("hires.upscaler", named, $"One of {string.Join(", ", HiresUpscalers.All.Concat(held))}{(held.Length > 0 ? ", or the digest of an upscaler" : "")}.");
        return named;
    }

    private static double Large(int side, double scale, int multiple) => Math.Round(side * scale / multiple, MidpointRounding.AwayFromZero) * multiple;

    private static void CheckSchedules(HiresSettings pass, SweepView sweep, SettingsCheck check)
    {
        foreach (var steps in pass.Steps is { } own ? [own] : sweep.Steps.Where(steps => SamplerRules.StepsFault(steps, sweep.Samplers) is null))
        {
            var whole = WholeSteps(steps, pass.Strength!.Value);
            if (whole > steps && sweep.Samplers.FirstOrDefault(sampler => !Samplers.CanBeginLate(sampler.Sampler)) is { } late)
            {
                check.Fault("hires.strength", pass.Strength, $"1 with the sampler {late.Sampler}, which has to run all its steps.");
                return;
            }

            if (SamplerRules.StepsFault(whole, sweep.Samplers) is not { } allowed) continue;
            check.Fault("hires.strength", pass.Strength, string.Create(
                CultureInfo.InvariantCulture, $"The {steps} steps are the last of a schedule of steps ÷ strength, which would be {whole:N0} steps; it may have {allowed}"));
            return;
        }
    }
}
