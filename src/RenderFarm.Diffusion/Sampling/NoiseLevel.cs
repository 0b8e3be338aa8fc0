namespace RenderFarm.Diffusion.Sampling;

/// <summary>How clean latent and noise are mixed at the start of a turn, and how the UNet is to see the mix.</summary>
/// <param name="Signal">Factor of the clean latent.</param>
/// <param name="Noise">Factor of unit noise.</param>
/// <param name="InputDivisor">What the latent is divided by before the UNet sees it.</param>
internal readonly record struct NoiseLevel(float Signal, float Noise, float InputDivisor)
{
    /// <summary>√ᾱ x + √(1−ᾱ) n: variance stays 1, the UNet sees the latent as it is (Ho et al. 2020).</summary>
    public static NoiseLevel FromAlpha(float alphaCumprod) => new(MathF.Sqrt(alphaCumprod), MathF.Sqrt(1.0f - alphaCumprod), 1.0f);

    /// <summary>x + σ n: variance grows, the UNet sees it divided by √(σ²+1) (Karras et al. 2022).</summary>
    public static NoiseLevel Exploding(float sigma) => new(1.0f, sigma, MathF.Sqrt((sigma * sigma) + 1.0f));

    /// <summary>The same level as <see cref="Exploding"/>, scaled so that variance stays 1 (the DPM-Solver family).</summary>
    public static NoiseLevel Preserving(float sigma)
    {
        var signal = 1.0f / MathF.Sqrt((sigma * sigma) + 1.0f);
        return new NoiseLevel(signal, sigma * signal, 1.0f);
    }
}
