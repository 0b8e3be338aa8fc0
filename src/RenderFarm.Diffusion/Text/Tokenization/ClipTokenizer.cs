using RenderFarm.Diffusion.Text.Cleaning;

namespace RenderFarm.Diffusion.Text.Tokenization;

/// <summary>CLIP's byte-level BPE tokenizer: prompt to token ids. Immutable and thread-safe.</summary>
/// <remarks>
/// This implementation matches <c>clip/simple_tokenizer.py</c> of https://github.com/openai/CLIP (Radford et al. 2021) and
/// <c>CLIPTokenizer</c> of Transformers 4.45 on every reference string.
/// Limitations: a checkpoint whose padding token is an ordinary character ("!" in Stable Diffusion 2) gets OpenCLIP's ids for prompts that
/// contain that character, where Transformers would put the padding id; prompt weights such as "(cat:1.2)" are ordinary text.
/// </remarks>
public sealed class ClipTokenizer
{
    private readonly BytePairMerges _merges;
    private readonly ClipSpecialTokens _special;
    private readonly TextCleaning _cleaning;

    internal ClipTokenizer(BytePairMerges merges, ClipSpecialTokens special, TextCleaning cleaning)
    {
        _merges = merges;
        _special = special;
        _cleaning = cleaning;
    }

    /// <summary>Ids of a tokenized prompt, begin and end included; 77 for every Stable Diffusion checkpoint.</summary>
    public int ContextLength => _special.ContextLength;

    /// <summary>Number of tokens; ids are below it.</summary>
    public int VocabularySize => _merges.VocabularySize;

    /// <summary>Id that every prompt begins with.</summary>
    public int BeginId => _special.BeginId;

    /// <summary>Id after the last word; the pooled output of the text encoder is taken at its first position.</summary>
    public int EndId => _special.EndId;

    /// <summary>Id that fills the rest.</summary>
    public int PadId => _special.PadId;

    /// <summary>Reads a checkpoint's <c>tokenizer/</c> folder.</summary>
    /// <param name="folder">Holds vocab.json, merges.txt, tokenizer_config.json and, if it likes, special_tokens_map.json.</param>
    /// <param name="cleaning">What happens to prompts first.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="FileNotFoundException">A file is missing; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be; the message names file, place and what is wrong.</exception>
    public static ClipTokenizer Load(string folder, TextCleaning cleaning = TextCleaning.Ftfy)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Dictionary<string, int> vocabulary = ClipTokenizerFiles.ReadVocabulary(Path.Combine(folder, "vocab.json"));
        ClipSpecialTokens special = ClipTokenizerFiles.ReadSpecialTokens(folder, vocabulary);
        return new ClipTokenizer(ClipTokenizerFiles.ReadMerges(Path.Combine(folder, "merges.txt"), vocabulary), special, cleaning);
    }

    /// <summary>The ids of a text, however long, without begin, end and padding.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>Token ids; empty for text that cleans away to nothing.</returns>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = new(text.Length / 4);
        foreach (string part in Clean(text))
        {
            foreach (Range word in ClipWords.Split(part))
                AppendIds(ids, part[word]);
        }

        return [.. ids];
    }

    /// <summary>The ids of a prompt as the text encoder takes them; what does not fit is dropped from its end.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>Exactly <see cref="ContextLength"/> ids.</returns>
    public ClipTokens Tokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int room = ContextLength - 2;
        List<int> ids = new(ContextLength + 16) { BeginId };
        string? dropped = null;
        foreach (string part in Clean(text))
        {
            if (dropped is not null)
            {
                dropped += part;
                continue;
            }

            foreach (Range word in ClipWords.Split(part))
            {
                AppendIds(ids, part[word]);
                if (ids.Count - 1 <= room)
                    continue;
                dropped = part[word.Start..];
                break;
            }
        }

        ids.RemoveRange(Math.Min(ids.Count, room + 1), Math.Max(0, ids.Count - (room + 1)));
        ids.Add(EndId);
        int count = ids.Count;
        ids.AddRange(Enumerable.Repeat(PadId, ContextLength - count));
        return new ClipTokens([.. ids], count, dropped);
    }

    private IEnumerable<string> Clean(string text) =>
        _cleaning == TextCleaning.Ftfy ? [ClipTextCleaning.CleanLikeOpenAI(text)] : ClipTextCleaning.CleanLikeTransformers(text, _special);

    private void AppendIds(List<int> ids, string word)
    {
        if (word == _special.BeginText)
            ids.Add(BeginId);
        else if (word == _special.EndText)
            ids.Add(EndId);
        else
            ids.AddRange(_merges.Encode(word));
    }
}
