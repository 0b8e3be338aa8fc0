namespace RenderFarm.Diffusion.Text;

/// <summary>Prompts to embeddings of any length: chunk by chunk, laid end to end along the sequence. Safe for concurrent use.</summary>
internal sealed class PromptEncoder : IDisposable
{
    /// <summary>Most chunks of one prompt: cross attention pays for every one of them, at every turn.</summary>
    public const int MaxChunks = 32;

    private readonly ClipTextEncoder _encoder;
    private readonly ClipTokenizer _tokenizer;
    private readonly PromptChunk _empty;
    private readonly LruCache<(string Prompt, PromptStyle Style, int Chunks), PromptEmbedding> _recent;

    /// <param name="encoder">Encodes one chunk; owned from now on.</param>
    /// <param name="tokenizer">The checkpoint's.</param>
    /// <param name="cachedEmbeddings">Embeddings kept for the next image with the same prompt.</param>
    public PromptEncoder(ClipTextEncoder encoder, ClipTokenizer tokenizer, int cachedEmbeddings)
    {
        _encoder = encoder;
        _tokenizer = tokenizer;
        _empty = PromptChunk.Unweighted(tokenizer.Tokenize("").Ids);
        _recent = new LruCache<(string Prompt, PromptStyle Style, int Chunks), PromptEmbedding>(cachedEmbeddings);
    }

    /// <summary>
    /// Encodes the two prompts of one image. The shorter one is padded with empty chunks to the length of the other, and to no other image's length: an
    /// image must not depend on its neighbours.
    /// </summary>
    /// <param name="prompt">What the image should show.</param>
    /// <param name="negative">What guidance leads away from; null when guidance is off.</param>
    /// <param name="style">How both are read.</param>
    /// <exception cref="GenerationException">A prompt cannot be read or is too long; the message names which and why.</exception>
    public (PromptEmbedding Prompt, PromptEmbedding? Negative) Encode(string prompt, string? negative, PromptStyle style)
    {
        _encoder.RequireLayer(style.ClipSkip);
        var chunks = Cut("prompt", prompt, style);
        var negativeChunks = negative is null ? [] : Cut("negative_prompt", negative, style);
        var count = Math.Max(chunks.Count, negativeChunks.Count);
        return (Embed("prompt", prompt, chunks, style, count), negative is null ? null : Embed("negative_prompt", negative, negativeChunks, style, count));
    }

    private IReadOnlyList<PromptChunk> Cut(string member, string prompt, PromptStyle style)
    {
        if (style.Syntax == PromptSyntax.Plain) return [PromptChunk.Unweighted(_tokenizer.Tokenize(prompt).Ids)];
        try
        {
            var chunks = PromptChunker.Cut(PromptSyntax.Parse(prompt), _tokenizer);
            return chunks.Count <= MaxChunks ? chunks
                : throw new FormatException($"it has {chunks.Count} chunks of {_tokenizer.ContextLength - 2} tokens; allowed: at most {MaxChunks}");
        }
        catch (FormatException refused)
        {
            throw Refusal(member, refused);
        }
    }

    private PromptEmbedding Embed(string member, string prompt, IReadOnlyList<PromptChunk> chunks, PromptStyle style, int count)
    {
        var key = (prompt, style, count);
        if (_recent.TryGet(key, out var known)) return known;
        var length = _tokenizer.ContextLength * _encoder.Width;
        var values = new float[count * length];
        for (var i = 0; i < count; i++)
        {
            var chunk = i < chunks.Count ? chunks[i] : _empty;
            var place = values.AsSpan(i * length, length);
            _encoder.Encode(chunk.Ids, style.ClipSkip, place);
            try
            {
                PromptWeights.Apply(place, chunk);
            }
            catch (FormatException refused)
            {
                throw Refusal(member, refused);
            }
        }

        var embedding = new PromptEmbedding(values, count * _tokenizer.ContextLength, _encoder.Width);
        _recent.Add(key, embedding);
        return embedding;
    }

    private static GenerationException Refusal(string member, FormatException reason) =>
        new(GenerationError.BadRequest, $"{member}: {reason.Message}.", reason);

    public void Dispose() => _encoder.Dispose();
}
