namespace RenderFarm.Diffusion.Sampling;

/// <summary>Levels of one step of DPM-Solver-2: from σ by way of a middle level down to another, and fresh noise on top.</summary>
/// <param name="Sigma">Where the step begins.</param>
/// <param name="Middle">Where the slope of the whole step is taken; 0 in the last step, which goes there at once.</param>
/// <param name="Down">Where the slope leads.</param>
/// <param name="Up">Noise added at the end.</param>
internal readonly record struct Dpm2Step(float Sigma, float Middle, float Down, float Up)
{
    /// <summary>A deterministic step; the middle is geometric.</summary>
    public static Dpm2Step Between(float sigma, float next) => new(sigma, GeometricMean(sigma, next), next, 0.0f);

    /// <summary>A step to below the next level, with noise up to it.</summary>
    public static Dpm2Step Ancestral(float sigma, float next)
    {
        var (down, up) = AncestralSplit.Of(sigma, next);
        return new Dpm2Step(sigma, GeometricMean(sigma, down), down, up);
    }

    private static float GeometricMean(float a, float b) => (float)Math.Sqrt((double)a * b);
}
