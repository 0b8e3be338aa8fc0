namespace RenderFarm.Diffusion.Text;

/// <summary>
/// Prompts to embeddings of any length: chunk by chunk, laid end to end along the sequence; where there are two text encoders, as in SDXL, side by side along
/// the width. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Weights act on each encoder's part by itself, and never on the pooled embedding, as in AUTOMATIC1111's <c>modules/sd_hijack_clip.py</c> (version 1.10).
/// </remarks>
internal sealed class PromptEncoder : IDisposable
{
    /// <summary>Most chunks of one prompt: cross attention pays for every one of them, at every turn.</summary>
    public const int MaxChunks = 32;

    private readonly TextTower[] _towers;
    private readonly int _maxChunks;
    private readonly LruCache<(string Prompt, PromptStyle Style, int Chunks), PromptEmbedding> _recent;

    /// <param name="towers">Text encoders in the order of their columns; owned from now on. The last one's pooled embedding is taken, if it gives one.</param>
    /// <param name="cachedEmbeddings">Embeddings kept for the next image with the same prompt.</param>
    /// <param name="maxChunks">Most chunks of one prompt.</param>
    public PromptEncoder(IReadOnlyList<TextTower> towers, int cachedEmbeddings, int maxChunks = MaxChunks)
    {
        _towers = [.. towers];
        _maxChunks = maxChunks;
        _recent = new LruCache<(string Prompt, PromptStyle Style, int Chunks), PromptEmbedding>(cachedEmbeddings);
    }

    /// <summary>Width of all encoders together.</summary>
    public int Width => _towers.Sum(tower => tower.Width);

    /// <summary>Width of the pooled embedding; 0 for none.</summary>
    public int PooledWidth => _towers[^1].PooledWidth;

    /// <summary>Most chunks of one prompt.</summary>
    public int MaxChunkCount => _maxChunks;

    private int ContextLength => _towers[0].ContextLength;

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
        foreach (var tower in _towers) tower.RequireLayer(style.ClipSkip);
        var chunks = Cut("prompt", prompt, style);
        var negativeChunks = negative is null ? [] : Cut("negative_prompt", negative, style);
        var count = chunks.Concat(negativeChunks).Max(tower => tower.Count);
        return (Embed("prompt", prompt, chunks, style, count), negative is null ? null : Embed("negative_prompt", negative, negativeChunks, style, count));
    }

    /// <summary>Each tower's chunks of a prompt.</summary>
    private IReadOnlyList<PromptChunk>[] Cut(string member, string prompt, PromptStyle style)
    {
        try
        {
            IReadOnlyList<PromptChunk>[] chunks = [.. _towers.Select(tower => tower.Cut(prompt, style.Syntax))];
            var count = chunks.Max(tower => tower.Count);
            return count <= _maxChunks ? chunks
                : throw new FormatException($"it has {count} chunks of {ContextLength - 2} tokens; allowed: at most {_maxChunks}");
        }
        catch (FormatException refused)
        {
            throw Refusal(member, refused);
        }
    }

    private PromptEmbedding Embed(string member, string prompt, IReadOnlyList<PromptChunk>[] chunks, PromptStyle style, int count)
    {
        var key = (prompt, style, count);
        if (_recent.TryGet(key, out var known)) return known;
        var (width, tokens) = (Width, count * ContextLength);
        var (values, pooled) = (new float[tokens * width], new float[PooledWidth]);
        var column = 0;
        for (var i = 0; i < _towers.Length; i++)
        {
            try
            {
                _towers[i].Embed(chunks[i], count, style.ClipSkip, values.AsSpan(column), width, i == _towers.Length - 1 ? pooled : default);
            }
            catch (FormatException refused)
            {
                throw Refusal(member, refused);
            }

            column += _towers[i].Width;
        }

        var embedding = new PromptEmbedding(values, tokens, width, pooled);
        _recent.Add(key, embedding);
        return embedding;
    }

    private static GenerationException Refusal(string member, FormatException reason) =>
        new(GenerationError.BadRequest, $"{member}: {reason.Message}.", reason);

    public void Dispose()
    {
        foreach (var tower in _towers) tower.Dispose();
    }
}
