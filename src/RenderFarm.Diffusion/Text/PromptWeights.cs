namespace RenderFarm.Diffusion.Text;

/// <summary>Weights tokens in the embedding of a chunk: each token's numbers are multiplied by its weight, then all by what brings the old mean back.</summary>
/// <remarks>
/// This implementation matches <c>EmphasisOriginal</c> of AUTOMATIC1111's <c>modules/sd_emphasis.py</c>. The means are taken in double and in order, so
/// that they do not depend on vector width.
/// </remarks>
internal static class PromptWeights
{
    /// <summary>Weights an embedding in place; changes no bit when every weight is 1.</summary>
    /// <param name="embedding">tokens × width numbers in C order.</param>
    /// <param name="chunk">The chunk it is of.</param>
    /// <exception cref="FormatException">The weights leave a mean of zero or numbers that are not finite.</exception>
    public static void Apply(Span<float> embedding, PromptChunk chunk)
    {
        if (!chunk.IsWeighted) return;
        var width = embedding.Length / chunk.Weights.Length;
        var before = Mean(embedding);
        for (var i = 0; i < embedding.Length; i++) embedding[i] *= chunk.Weights[i / width];
        var restored = (float)(before / Mean(embedding));
        for (var i = 0; i < embedding.Length; i++)
        {
            embedding[i] *= restored;
            if (!float.IsFinite(embedding[i])) throw new FormatException("its weights leave an embedding that is not finite");
        }
    }

    private static double Mean(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value;
        return sum / values.Length;
    }
}
