namespace RenderFarm.Diffusion.Text;

/// <summary>As much of a prompt as the text encoder takes at once: begin, up to 75 tokens, end, padding.</summary>
/// <param name="Ids">Token ids, as many as the encoder's context length (77).</param>
/// <param name="Weights">Factor of each token's embedding; as many.</param>
internal sealed record PromptChunk(int[] Ids, float[] Weights)
{
    /// <summary>Whether a weight changes anything.</summary>
    public bool IsWeighted => Array.Exists(Weights, weight => weight != 1);

    /// <summary>A chunk of tokens of weight 1.</summary>
    public static PromptChunk Unweighted(int[] ids)
    {
        var weights = new float[ids.Length];
        Array.Fill(weights, 1);
        return new PromptChunk(ids, weights);
    }
}
