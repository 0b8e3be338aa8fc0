using RenderFarm.Diffusion.Text.Tokenization;

namespace RenderFarm.Diffusion.Text;

/// <summary>Cuts a weighted prompt into chunks. A chunk that is full is ended after its last comma, if that is near, so that phrases stay together.</summary>
/// <remarks>
/// This implementation matches <c>tokenize_line</c> of AUTOMATIC1111's <c>modules/sd_hijack_clip.py</c> (version 1.10) with its default
/// <c>comma_padding_backtrack</c> of 20; segments are tokenized one by one. Limitations: no textual inversion.
/// </remarks>
internal sealed class PromptChunker
{
    /// <summary>How many tokens from the end of a full chunk a comma may stand and still end it.</summary>
    private const int CommaReach = 20;

    private readonly ClipTokenizer _tokenizer;
    private readonly int _room;
    private readonly int? _comma;
    private readonly List<PromptChunk> _chunks = [];
    private readonly List<(int Id, float Weight)> _tokens = [];
    private int _lastComma = -1;

    private PromptChunker(ClipTokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _room = tokenizer.ContextLength - 2;
        _comma = tokenizer.Encode(",") is [var id] ? id : null;
    }

    /// <summary>The chunks of a prompt, at least one.</summary>
    public static IReadOnlyList<PromptChunk> Cut(IEnumerable<PromptSegment> segments, ClipTokenizer tokenizer)
    {
        var chunker = new PromptChunker(tokenizer);
        foreach (var segment in segments)
        {
            if (segment.IsBreak) chunker.End(chunker._tokens.Count);
            else chunker.Add(segment);
        }

        if (chunker._tokens.Count > 0 || chunker._chunks.Count == 0) chunker.End(chunker._tokens.Count);
        return chunker._chunks;
    }

    private void Add(PromptSegment segment)
    {
        foreach (var id in _tokenizer.Encode(segment.Text))
        {
            var full = _tokens.Count == _room;
            if (id == _comma) _lastComma = _tokens.Count;
            else if (full && _lastComma >= 0 && _room - _lastComma <= CommaReach) End(_lastComma + 1);

            if (_tokens.Count == _room) End(_room);
            _tokens.Add((id, (float)segment.Weight));
        }
    }

    /// <summary>Makes a chunk of the first tokens; the others begin the next.</summary>
    private void End(int count)
    {
        var ids = new int[_tokenizer.ContextLength];
        Array.Fill(ids, _tokenizer.PadId);
        var chunk = PromptChunk.Unweighted(ids);
        ids[0] = _tokenizer.BeginId;
        for (var i = 0; i < count; i++) (ids[i + 1], chunk.Weights[i + 1]) = _tokens[i];
        ids[count + 1] = _tokenizer.EndId;
        _chunks.Add(chunk);
        _tokens.RemoveRange(0, count);
        _lastComma = -1;
    }
}
