using System.Globalization;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>When guidance runs, and what that costs; pure.</summary>
internal static class GuidanceRules
{
    /// <summary>The fractions of the steps between which guidance runs.</summary>
    public static (double Start, double End) Interval(SubmitJob request, SettingsCheck check)
    {
        var start = check.Fraction("guidance_start", request.GuidanceStart, 0);
        var end = check.Fraction("guidance_end", request.GuidanceEnd, 1);
        if (end < start && start is >= 0 and <= 1 && end is >= 0 and <= 1)
            check.Fault("guidance_end", end, string.Create(CultureInfo.InvariantCulture, $"At least guidance_start, which is {start}."));
        return (start, end);
    }

    /// <summary>Rows of UNet calls that one image takes: one an evaluation, and a second while guidance runs.</summary>
    /// <param name="first">The evaluation it begins with; above 0 where a picture to begin from stands for those before.</param>
    /// <param name="evaluations">UNet evaluations of the sampler for the whole step count.</param>
    /// <param name="guidance">Guidance scale.</param>
    /// <param name="sweep">Holds the interval, whose ends are rounded to whole evaluations as the engine rounds them.</param>
    public static int Rows(int first, int evaluations, double guidance, SweepView sweep)
    {
        var start = Math.Max(first, (int)Math.Round(sweep.GuidanceStart * evaluations));
        var guided = guidance > 1 ? Math.Max(0, (int)Math.Round(sweep.GuidanceEnd * evaluations) - start) : 0;
        return evaluations - first + guided;
    }
}
