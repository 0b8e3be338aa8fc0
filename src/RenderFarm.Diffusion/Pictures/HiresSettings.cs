using RenderFarm.Diffusion.Sampling;
using static RenderFarm.Diffusion.GenerationSettings;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>A second pass over a larger copy of the first, as A1111's "hires. fix" makes it.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Upscaler">How the first pass is enlarged.</param>
/// <param name="Sampler">The first pass's sampler, with the step count of a whole run of which this pass is the end; null when nothing is painted.</param>
/// <param name="RunShare">Share of that run which is made.</param>
/// <remarks>
/// This implementation matches <c>setup_img2img_steps</c> of A1111's <c>modules/sd_samplers_common.py</c>: the step count says how many steps are really
/// run, and the strength how far down the schedule they begin.
/// </remarks>
internal sealed record HiresSettings(int Width, int Height, string Upscaler, SamplerSettings? Sampler, double RunShare)
{
    /// <summary>What the request asks for; null when it asks for no second pass.</summary>
    /// <exception cref="GenerationException">A member is out of its range; the message names it and what is allowed.</exception>
    public static HiresSettings? From(GenerationRequest request, GenerationSettings settings, int sideMultiple)
    {
        Require(request.HiresScale is >= 1 and <= 4, "hires_scale", request.HiresScale, "1…4");
        Require(request.HiresStrength is >= 0 and <= 1, "hires_strength", request.HiresStrength, "0…1");
        Require(request.HiresSteps is null or (>= 1 and <= MaxSteps), "hires_steps", request.HiresSteps, $"1…{MaxSteps}");
        Require(!string.IsNullOrEmpty(request.HiresUpscaler), "hires_upscaler", "empty", $"{string.Join(", ", PictureNames.Upscalers)} or the name of an upscaler");
        if (request.HiresScale == 1) return null;
        Require(
            request.InitialImage is null, "hires_scale", request.HiresScale, "1, because there is an initial_image (the second pass is for text to image)");
        var (width, height) = (Scale(settings.Width, request.HiresScale, sideMultiple), Scale(settings.Height, request.HiresScale, sideMultiple));
        if (request.HiresStrength == 0) return new HiresSettings(width, height, request.HiresUpscaler, null, 0);

        var steps = request.HiresSteps ?? settings.Sampler.Steps;
        var whole = (long)(steps / Math.Min(request.HiresStrength, 0.999));
        Require(
            whole <= MaxSteps, "hires_strength", request.HiresStrength,
            FormattableString.Invariant($"at least {(double)steps / MaxSteps}, because {steps} steps are to be run of a schedule of at most {MaxSteps}"));
        // Half a step more than is run: what a strength is multiplied with is cut off afterwards.
        var share = Math.Min(1, (steps + 0.5) / whole);
        return new HiresSettings(width, height, request.HiresUpscaler, settings.Sampler with { Steps = (int)whole }, share);
    }

    private static int Scale(int side, double scale, int multiple) =>
        Math.Max(multiple, (int)Math.Round(side * scale / multiple, MidpointRounding.AwayFromZero) * multiple);
}
