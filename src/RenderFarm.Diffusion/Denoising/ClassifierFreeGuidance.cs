namespace RenderFarm.Diffusion.Denoising;

/// <summary>Classifier-free guidance (Ho and Salimans 2022, equation 6, in the field's form): e = u + s (c − u).</summary>
internal static class ClassifierFreeGuidance
{
    /// <summary>Combines two predictions, element by element in a fixed order.</summary>
    /// <param name="unconditional">Prediction u for the negative prompt.</param>
    /// <param name="conditional">Prediction c for the prompt.</param>
    /// <param name="scale">Guidance scale s.</param>
    /// <param name="result">Receives e.</param>
    public static void Combine(ReadOnlySpan<float> unconditional, ReadOnlySpan<float> conditional, float scale, Span<float> result)
    {
        for (var i = 0; i < result.Length; i++)
            result[i] = unconditional[i] + (scale * (conditional[i] - unconditional[i]));
    }

    /// <summary>
    /// Takes back some of the contrast that a large scale adds (Lin et al. 2023, arXiv:2305.08891, equations 15 and 16; diffusers' <c>rescale_noise_cfg</c>):
    /// e' = φ e·std(c)/std(e) + (1 − φ) e.
    /// </summary>
    /// <param name="guided">Guided prediction e; receives e'.</param>
    /// <param name="conditional">Prediction c for the prompt.</param>
    /// <param name="strength">φ, 0…1.</param>
    public static void Rescale(Span<float> guided, ReadOnlySpan<float> conditional, double strength)
    {
        var factor = (float)((strength * Deviation(conditional) / Deviation(guided)) + (1 - strength));
        for (var i = 0; i < guided.Length; i++) guided[i] *= factor;
    }

    /// <summary>Standard deviation of a sample (n − 1), summed in order so that it does not depend on vector width.</summary>
    private static double Deviation(ReadOnlySpan<float> values)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var value in values) sum += value;
        var mean = sum / values.Length;
        foreach (var value in values) squares += (value - mean) * (value - mean);
        return Math.Sqrt(squares / (values.Length - 1));
    }
}
