namespace RenderFarm.Diffusion.Text;

/// <summary>Output of the text encoders for one prompt. Immutable, so that images with the same prompt share it.</summary>
/// <param name="values">tokens × width numbers in C order.</param>
/// <param name="tokens">Sequence length, a multiple of 77 for CLIP.</param>
/// <param name="width">Width of all text encoders together.</param>
/// <param name="pooled">The last encoder's pooled embedding of the first chunk, projected; null where nobody takes it.</param>
internal sealed class PromptEmbedding(float[] values, int tokens, int width, float[]? pooled = null)
{
    public ReadOnlySpan<float> Values => values;

    public int Tokens => tokens;

    public int Width => width;

    public float[] Pooled => pooled ?? [];

    /// <summary>Zeros of the same shape: what SDXL puts in place of an empty negative prompt.</summary>
    public PromptEmbedding Zeros() => new(new float[values.Length], tokens, width, new float[Pooled.Length]);
}
