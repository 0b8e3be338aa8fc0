namespace RenderFarm.Diffusion.Sampling;

/// <summary>How an ancestral step from one σ to the next divides into a deterministic part and fresh noise.</summary>
internal static class AncestralSplit
{
    /// <summary>The level stepped down to, and the noise added on top: down² + up² = next².</summary>
    public static (float Down, float Up) Of(float sigma, float next)
    {
        var (from, to) = (sigma * sigma, next * next);
        var up = MathF.Sqrt(to * (from - to) / from);
        return (MathF.Sqrt(Math.Max(to - (up * up), 0.0f)), up);
    }
}
