using RenderFarm.Diffusion.Text.Tokenization;

namespace RenderFarm.Diffusion.Text;

/// <summary>A text encoder with the tokenizer that was made for it: prompts to chunks, and chunks to embeddings. Safe for concurrent use.</summary>
/// <param name="encoder">Encodes one chunk; owned from now on.</param>
/// <param name="tokenizer">Its tokenizer.</param>
internal sealed class TextTower(ClipTextEncoder encoder, ClipTokenizer tokenizer) : IDisposable
{
    private readonly PromptChunk _empty = PromptChunk.Unweighted(tokenizer.Tokenize("").Ids);

    public int Width => encoder.Width;

    /// <summary>Width of the pooled embedding; 0 where the encoder gives none.</summary>
    public int PooledWidth => encoder.PooledWidth;

    /// <summary>Tokens of a chunk, begin and end included.</summary>
    public int ContextLength => tokenizer.ContextLength;

    /// <inheritdoc cref="ClipTextEncoder.RequireLayer" />
    public void RequireLayer(int clipSkip) => encoder.RequireLayer(clipSkip);

    /// <summary>The chunks of a prompt, at least one.</summary>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public IReadOnlyList<PromptChunk> Cut(string prompt, string syntax) =>
        syntax == PromptSyntax.Plain ? [PromptChunk.Unweighted(tokenizer.Tokenize(prompt).Ids)] : PromptChunker.Cut(PromptSyntax.Parse(prompt), tokenizer);

    /// <summary>Encodes chunks and lays them end to end, in this tower's columns of a wider embedding.</summary>
    /// <param name="chunks">What to encode.</param>
    /// <param name="count">How many chunks to make of it: empty ones follow.</param>
    /// <param name="clipSkip">Layer to take, counted from the end.</param>
    /// <param name="place">Receives count × context length × width numbers, <paramref name="stride"/> apart for each token, from its first on.</param>
    /// <param name="stride">Width of the whole embedding.</param>
    /// <param name="pooled">Receives the pooled embedding of the first chunk, as A1111 takes it; empty where nobody wants it.</param>
    /// <exception cref="FormatException">The weights leave numbers that are not finite.</exception>
    public void Embed(IReadOnlyList<PromptChunk> chunks, int count, int clipSkip, Span<float> place, int stride, Span<float> pooled)
    {
        var chunkValues = new float[ContextLength * Width];
        for (var i = 0; i < count; i++)
        {
            var chunk = i < chunks.Count ? chunks[i] : _empty;
            encoder.Encode(chunk.Ids, clipSkip, chunkValues, i == 0 ? pooled : default);
            PromptWeights.Apply(chunkValues, chunk);
            for (var token = 0; token < ContextLength; token++)
                chunkValues.AsSpan(token * Width, Width).CopyTo(place[(((i * ContextLength) + token) * stride)..]);
        }
    }

    public void Dispose() => encoder.Dispose();
}
