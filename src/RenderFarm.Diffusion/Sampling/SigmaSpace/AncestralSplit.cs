namespace RenderFarm.Diffusion.Sampling;

/// <summary>How an ancestral step from one σ to the next divides into a deterministic part and fresh noise.</summary>
internal static class AncestralSplit
{
    /// <summary>The level stepped down to, and the noise added on top: down² + up² = next².</summary>
    public static (float Down, float Up) Of(float sigma, float next)
    {
        // √(next² − up²) is next²/sigma; the difference itself would lose every digit where the step is long.
        var (from, to) = (sigma * sigma, next * next);
        return (to / sigma, MathF.Sqrt(to * (from - to) / from));
    }
}
