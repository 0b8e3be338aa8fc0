namespace RenderFarm.Diffusion.Text;

/// <summary>Output of the text encoder for one prompt. Immutable, so that images with the same prompt share it.</summary>
/// <param name="values">tokens × width numbers in C order.</param>
/// <param name="tokens">Sequence length, 77 for CLIP.</param>
/// <param name="width">Width of the text encoder.</param>
internal sealed class PromptEmbedding(float[] values, int tokens, int width)
{
    public ReadOnlySpan<float> Values => values;

    public int Tokens => tokens;

    public int Width => width;
}
