namespace RenderFarm.Diffusion.Denoising;

/// <summary>Classifier-free guidance (Ho and Salimans 2022, equation 6, in the field's form): e = u + s (c − u).</summary>
internal static class ClassifierFreeGuidance
{
    /// <summary>Whether a guidance scale needs the second row. Up to 1 the conditional prediction is used as it is.</summary>
    public static bool IsOn(double scale) => scale > 1;

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
}
