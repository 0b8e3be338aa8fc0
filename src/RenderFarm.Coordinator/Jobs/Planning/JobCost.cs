using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Jobs.Submission;

namespace RenderFarm.Coordinator.Jobs.Planning;

/// <summary>What one image costs in pixel-steps: width × height × rows of UNet calls × checkpoint factor, over both passes; pure.</summary>
/// <remarks>Encoding and decoding pictures is left out: a UNet call costs many times as much as what they share of it.</remarks>
internal static class JobCost
{
    /// <summary>Cost of an image; at least 1.</summary>
    /// <param name="sweep">Size, guidance interval and second pass.</param>
    /// <param name="sampler">Its sampler.</param>
    /// <param name="steps">Its step count.</param>
    /// <param name="guidance">Its guidance scale.</param>
    /// <param name="strength">The share of the steps that a picture to begin from leaves to run, 0…1.</param>
    /// <param name="costFactor">Cost of one pixel-step of the checkpoint relative to Stable Diffusion 1.5.</param>
    public static long Of(SweepView sweep, string sampler, int steps, double guidance, double strength, double costFactor)
    {
        var pixels = (double)sweep.Width * sweep.Height;
        // What outpainting adds is painted from noise alone, which takes every step whatever the strength.
        var work = pixels * Rows(sampler, steps, sweep.Outpaint is null ? (int)(steps * strength) : steps, guidance, sweep);
        if (sweep.Hires is { } hires && (hires.Strength ?? PictureDefaults.HiresStrength) is > 0 and var given)
        {
            var run = hires.Steps ?? steps;
            work += pixels * hires.Scale * hires.Scale * Rows(sampler, HiresRules.WholeSteps(run, given), run, guidance, sweep);
        }

        return Math.Max(1, (long)Math.Round(work * costFactor));
    }

    // The last steps of a schedule; the first evaluations of a sampler that takes several a step go with their steps.
    private static int Rows(string sampler, int steps, int run, double guidance, SweepView sweep)
    {
        var evaluations = Samplers.Evaluations(sampler, steps);
        return GuidanceRules.Rows(run == 0 ? evaluations : evaluations - Samplers.Evaluations(sampler, run), evaluations, guidance, sweep);
    }
}
