namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// Where N timesteps lie among the T training timesteps, falling (Lin et al. 2023, table 2; diffusers' <c>set_timesteps</c>).
/// </summary>
/// <remarks>
/// diffusers has two conventions: most samplers spread N points, the DPM-Solver family spreads N+1 and drops the lowest.
/// Its trailing spacing counts with a floating-point <c>arange</c> that yields N+1 values for some N (61, 103, 121, …), the last being
/// timestep −1; here there are always N.
/// </remarks>
internal static class TimestepSpacing
{
    /// <summary>Every spacing.</summary>
    public static IReadOnlyList<string> Names { get; } = ["leading", "trailing", "linspace"];

    /// <summary>N points.</summary>
    /// <returns>Falling; linspace points are fractional.</returns>
    /// <exception cref="ArgumentException">The spacing is unknown or cannot hold so many steps.</exception>
    public static double[] Points(TrainingSchedule schedule, SamplerSettings settings) =>
        Spread(schedule, settings, settings.Steps, 0);

    /// <summary>N+1 points without the lowest (trailing spacing: N points).</summary>
    /// <inheritdoc cref="Points"/>
    public static double[] PointsAboveLowest(TrainingSchedule schedule, SamplerSettings settings) =>
        Spread(schedule, settings, settings.Steps + 1, 1);

    /// <summary>Rounds as numpy does, half to even, for samplers that live on whole timesteps.</summary>
    public static int[] Rounded(double[] points) => Array.ConvertAll(points, point => (int)Math.Round(point, MidpointRounding.ToEven));

    private static double[] Spread(TrainingSchedule schedule, SamplerSettings settings, int count, int lowest)
    {
        var total = schedule.TrainTimesteps;
        var points = new double[settings.Steps];
        for (var i = 0; i < points.Length; i++)
        {
            var rank = points.Length - 1 - i + lowest;
            points[i] = settings.TimestepSpacing switch
            {
                "linspace" => count == 1 ? 0 : rank == count - 1 ? total - 1 : rank * ((total - 1.0) / (count - 1)),
                "leading" => (rank * (total / count)) + schedule.Options.StepsOffset,
                "trailing" => Math.Round(total - (i * ((double)total / settings.Steps)), MidpointRounding.ToEven) - 1,
                _ => throw new ArgumentException($"Unknown timestep spacing '{settings.TimestepSpacing}'.", nameof(settings)),
            };
        }

        if (points[0] > total - 1 || (settings.TimestepSpacing == "leading" && total / count == 0))
        {
            throw new ArgumentException(
                $"Sampler '{settings.Sampler}' with '{settings.TimestepSpacing}' spacing cannot take {settings.Steps} steps over "
                + $"{total} training timesteps (steps_offset {schedule.Options.StepsOffset}); take fewer.",
                nameof(settings));
        }

        return points;
    }
}
