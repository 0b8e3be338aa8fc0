namespace RenderFarm.Diffusion.Sampling;

/// <summary>The noise levels that a sampler in sigma space visits, and the timestep of each. Immutable.</summary>
/// <remarks>
/// diffusers has two conventions. Samplers after k-diffusion lay Karras sigmas between the two ends of their own timestep spacing and keep
/// fractional timesteps; the DPM-Solver family lays them over the whole training schedule and rounds timesteps.
/// </remarks>
internal sealed class SigmaSchedule
{
    private const double KarrasRho = 7.0;

    private SigmaSchedule(TrainingSchedule training, float[] timesteps, double[] sigmas, float last)
    {
        Prediction = training.Prediction;
        Timesteps = timesteps;
        Sigmas = [.. sigmas.Select(sigma => (float)sigma), last];
    }

    /// <summary>What the UNet predicts.</summary>
    public PredictionType Prediction { get; }

    /// <summary>Training timestep of each of the N levels, falling.</summary>
    public float[] Timesteps { get; }

    /// <summary>σ of each of the N levels, falling, and the level after the last step.</summary>
    public float[] Sigmas { get; }

    /// <summary>Noise level of each of the N levels for latents whose variance grows.</summary>
    public NoiseLevel[] ExplodingLevels() => Array.ConvertAll(Sigmas[..^1], NoiseLevel.Exploding);

    /// <summary>Noise level of each of the N levels for latents scaled to variance 1.</summary>
    public NoiseLevel[] PreservingLevels() => Array.ConvertAll(Sigmas[..^1], NoiseLevel.Preserving);

    /// <summary>First latent over unit noise: the leading spacing starts below the highest level, so there the signal's own variance counts.</summary>
    public float InitialNoiseScale(SamplerSettings settings) =>
        settings.TimestepSpacing == "leading" ? MathF.Sqrt((Sigmas[0] * Sigmas[0]) + 1.0f) : Sigmas[0];

    /// <summary>The convention of k-diffusion (diffusers' <c>scheduling_euler_discrete.py</c>); the level after the last step is 0.</summary>
    /// <param name="training">The training schedule.</param>
    /// <param name="settings">Spacing, noise schedule and step count.</param>
    /// <param name="wholeTimesteps">Whether timesteps of another noise schedule are rounded, as diffusers does for DPM2.</param>
    public static SigmaSchedule KDiffusion(TrainingSchedule training, SamplerSettings settings, bool wholeTimesteps = false)
    {
        var points = Array.ConvertAll(TimestepSpacing.Points(training, settings), point => (double)(float)point);
        var sigmas = Array.ConvertAll(points, point => SigmaAt(training, point));
        if (Respaced(settings, sigmas[0], sigmas[^1]) is { } respaced)
        {
            sigmas = respaced;
            points = Array.ConvertAll(sigmas, sigma => TimestepAt(training, sigma));
            if (wholeTimesteps) points = Array.ConvertAll(TimestepSpacing.Rounded(points), point => (double)point);
        }

        return new SigmaSchedule(training, Array.ConvertAll(points, point => (float)point), sigmas, last: 0);
    }

    /// <summary>The convention of the DPM-Solver family (diffusers' <c>scheduling_dpmsolver_multistep.py</c>).</summary>
    /// <param name="training">The training schedule.</param>
    /// <param name="settings">Spacing, noise schedule and step count.</param>
    /// <param name="endsAtSigmaMin">Whether the level after the last step is the lowest training σ rather than 0.</param>
    public static SigmaSchedule DpmSolver(TrainingSchedule training, SamplerSettings settings, bool endsAtSigmaMin = false)
    {
        var (lowest, highest) = (training.Sigmas[0], training.Sigmas[^1]);
        double[] points;
        var sigmas = Respaced(settings, highest, lowest);
        if (sigmas is null)
        {
            points = TimestepSpacing.PointsAboveLowest(training, settings);
            sigmas = [.. TimestepSpacing.Rounded(points).Select(t => (double)training.Sigmas[t])];
        }
        else
        {
            points = Array.ConvertAll(sigmas, sigma => TimestepAt(training, sigma));
        }

        var timesteps = Array.ConvertAll(TimestepSpacing.Rounded(points), t => (float)t);
        return new SigmaSchedule(training, timesteps, sigmas, endsAtSigmaMin ? lowest : 0);
    }

    /// <summary>σ at a fractional timestep, by linear interpolation.</summary>
    public static double SigmaAt(TrainingSchedule training, double timestep)
    {
        var low = Math.Clamp((int)timestep, 0, training.Sigmas.Length - 2);
        double from = training.Sigmas[low];
        return from + ((training.Sigmas[low + 1] - from) * (timestep - low));
    }

    /// <summary>Fractional timestep of σ, by linear interpolation of ln σ, held within 0…T−1.</summary>
    public static double TimestepAt(TrainingSchedule training, double sigma)
    {
        var sigmas = training.Sigmas;
        var low = Array.BinarySearch(sigmas, (float)sigma);
        low = Math.Clamp(low >= 0 ? low : ~low - 1, 0, sigmas.Length - 2);

        // The table of logarithms is float32 in diffusers, the logarithm looked up is double.
        double logLow = (float)Math.Log(sigmas[low]), logHigh = (float)Math.Log(sigmas[low + 1]);
        var weight = Math.Clamp((logLow - Math.Log(sigma)) / (logLow - logHigh), 0, 1);
        return ((1 - weight) * low) + (weight * (low + 1));
    }

    /// <summary>
    /// N levels from the highest to the lowest, evenly spaced in σ^(1/ρ) (Karras et al. 2022, equation 5) or in ln σ; null where the training schedule is kept.
    /// </summary>
    private static double[]? Respaced(SamplerSettings settings, double highest, double lowest) => settings.NoiseSchedule switch
    {
        "uniform" => null,
        "karras" => Ramp(settings.Steps, Math.Pow(highest, 1 / KarrasRho), Math.Pow(lowest, 1 / KarrasRho), root => Math.Pow(root, KarrasRho)),
        "exponential" => Ramp(settings.Steps, Math.Log(highest), Math.Log(lowest), Math.Exp),
        _ => throw new ArgumentException(
            $"Unknown noise schedule '{settings.NoiseSchedule}'; known are uniform, karras, exponential.", nameof(settings)),
    };

    private static double[] Ramp(int count, double first, double last, Func<double, double> toSigma)
    {
        var sigmas = new double[count];
        for (var i = 0; i < count; i++)
        {
            sigmas[i] = toSigma(first + ((count == 1 ? 0 : i / (count - 1.0)) * (last - first)));
        }

        return sigmas;
    }
}
