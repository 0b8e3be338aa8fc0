namespace RenderFarm.Diffusion.Text.Tokenization;

/// <summary>A prompt as the text encoder takes it.</summary>
/// <param name="Ids">Token ids: begin, words, end, then padding up to the context length (77).</param>
/// <param name="Count">How many ids come before the padding, begin and end included; at least 2.</param>
/// <param name="DroppedText">The end of the cleaned prompt that did not fit, from the first word that lost a token; null when all of it fits.</param>
public sealed record ClipTokens(int[] Ids, int Count, string? DroppedText)
{
    /// <summary>Whether the prompt was longer than the context.</summary>
    public bool Truncated => DroppedText is not null;
}
