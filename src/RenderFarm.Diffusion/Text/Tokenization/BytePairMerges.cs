using System.Collections.Concurrent;
using System.Text;

namespace RenderFarm.Diffusion.Text.Tokenization;

/// <summary>Byte-pair encoding of one word: bytes, then the learned merges in the order they were learned (Sennrich et al. 2016).</summary>
internal sealed class BytePairMerges
{
    /// <summary>Marks the last symbol of a word in the vocabulary.</summary>
    public const string EndOfWord = "</w>";

    // Prompts repeat their words; the bounds keep a stranger's random letters from filling memory.
    private const int MaxCachedWords = 32_768;
    private const int MaxCachedLength = 64;

    private readonly int[] _byteIds;
    private readonly int[] _lastByteIds;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges;
    private readonly ConcurrentDictionary<string, int[]> _words = new();

    /// <param name="vocabularySize">Number of tokens.</param>
    /// <param name="byteIds">256 ids: a byte inside a word.</param>
    /// <param name="lastByteIds">256 ids: a byte that ends a word.</param>
    /// <param name="merges">Two neighbouring ids, and the rank and id of what they become. Parts are merged before what contains them.</param>
    public BytePairMerges(int vocabularySize, int[] byteIds, int[] lastByteIds, Dictionary<(int Left, int Right), (int Rank, int Id)> merges)
    {
        VocabularySize = vocabularySize;
        _byteIds = byteIds;
        _lastByteIds = lastByteIds;
        _merges = merges;
    }

    public int VocabularySize { get; }

    /// <returns>The ids of a word; do not write to them.</returns>
    public int[] Encode(string word)
    {
        if (_words.TryGetValue(word, out int[]? known))
            return known;
        int[] ids = Merge(Encoding.UTF8.GetBytes(word));
        if (word.Length <= MaxCachedLength && _words.Count < MaxCachedWords)
            _words.TryAdd(word, ids);
        return ids;
    }

    /// <summary>Symbols form a linked list; a queue hands out the next pair by rank, then by place, so that long words cost n·log n.</summary>
    private int[] Merge(byte[] bytes)
    {
        int count = bytes.Length;
        int[] ids = new int[count], next = new int[count], previous = new int[count];
        for (int i = 0; i < count; i++)
            (ids[i], next[i], previous[i]) = (i == count - 1 ? _lastByteIds[bytes[i]] : _byteIds[bytes[i]], i + 1, i - 1);

        PriorityQueue<(int Left, int Right, int LeftId, int RightId), (int Rank, int Place)> pairs = new();
        for (int i = 0; i + 1 < count; i++)
            Enqueue(i);
        while (pairs.TryDequeue(out var pair, out _))
        {
            (int left, int right, int leftId, int rightId) = pair;
            // A pair whose neighbour was merged away since it was queued is out of date.
            if (ids[left] != leftId || next[left] != right || ids[right] != rightId)
                continue;
            ids[left] = _merges[(leftId, rightId)].Id;
            ids[right] = -1;
            next[left] = next[right];
            if (next[left] < count)
                previous[next[left]] = left;
            Enqueue(left);
            if (previous[left] >= 0)
                Enqueue(previous[left]);
        }

        return [.. ids.Where(id => id >= 0)];

        void Enqueue(int left)
        {
            int right = next[left];
            if (right < count && _merges.TryGetValue((ids[left], ids[right]), out var merge))
                pairs.Enqueue((left, right, ids[left], ids[right]), (merge.Rank, left));
        }
    }
}
