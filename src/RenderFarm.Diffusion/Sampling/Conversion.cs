namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// Reads from a latent x and a prediction p the quantity a sampler integrates: (a·x − b·p) / c, with a, b, c fixed for a turn.
/// </summary>
/// <param name="SampleFactor">a.</param>
/// <param name="PredictionFactor">b.</param>
/// <param name="Divisor">c.</param>
internal readonly record struct Conversion(float SampleFactor, float PredictionFactor, float Divisor)
{
    private static readonly Conversion Prediction = new(0.0f, -1.0f, 1.0f);

    /// <summary>The quantity, for one element.</summary>
    public float Of(float sample, float prediction) => ((SampleFactor * sample) - (PredictionFactor * prediction)) / Divisor;

    /// <summary>Clean latent x₀ where x = α x₀ + σ ε, α² + σ² = 1.</summary>
    public static Conversion ToClean(PredictionType prediction, float alpha, float sigma) => prediction switch
    {
        PredictionType.Epsilon => new(1.0f, sigma, alpha),
        PredictionType.Velocity => new(alpha, sigma, 1.0f),
        _ => Prediction,
    };

    /// <summary>Clean latent x₀ where x = x₀ + σ ε.</summary>
    public static Conversion ToClean(PredictionType prediction, float sigma)
    {
        var variance = (sigma * sigma) + 1.0f;
        return prediction switch
        {
            PredictionType.Epsilon => new(1.0f, sigma, 1.0f),
            PredictionType.Velocity => new(1.0f / variance, sigma / MathF.Sqrt(variance), 1.0f),
            _ => Prediction,
        };
    }

    /// <summary>Noise ε where x = α x₀ + σ ε, α² + σ² = 1.</summary>
    public static Conversion ToNoise(PredictionType prediction, float alpha, float sigma) => prediction switch
    {
        PredictionType.Epsilon => Prediction,
        PredictionType.Velocity => new(sigma, -alpha, 1.0f),
        _ => new(1.0f, alpha, sigma),
    };

    /// <summary>Slope dx/dσ = (x − x₀)/σ where x = x₀ + σ ε (Karras et al. 2022, equation 4). Equals ε.</summary>
    public static Conversion ToSlope(PredictionType prediction, float sigma)
    {
        var variance = (sigma * sigma) + 1.0f;
        return prediction switch
        {
            PredictionType.Epsilon => Prediction,
            PredictionType.Velocity => new(sigma / variance, -1.0f / MathF.Sqrt(variance), 1.0f),
            _ => new(1.0f, 1.0f, sigma),
        };
    }
}
