using System.Text;

namespace RenderFarm.Diffusion.Text.Tokenization;

/// <summary>Cuts cleaned, lower-case text into the pieces that BPE never merges across.</summary>
/// <remarks>
/// The pattern of CLIP's simple_tokenizer.py: a special token; an English contraction; a run of letters; one number character; a run of
/// anything else but white space. At each place the first that fits is taken.
/// </remarks>
internal static class ClipWords
{
    // "'ſ" is "'s" when case is ignored, which the pattern does; lower-casing leaves the long s alone.
    private static readonly string[] s_fixed = ["<|startoftext|>", "<|endoftext|>", "'s", "'ſ", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    public static IEnumerable<Range> Split(string text)
    {
        for (int position = 0; position < text.Length;)
        {
            int end = End(text, position);
            if (end > position)
                yield return position..end;
            position = end > position ? end : position + RuneAt(text, position).Utf16SequenceLength;
        }
    }

    /// <returns>Where the piece that starts at <paramref name="start"/> ends; <paramref name="start"/> itself on white space.</returns>
    private static int End(string text, int start)
    {
        if (text[start] is '<' or '\'')
        {
            foreach (string piece in s_fixed)
            {
                if (string.CompareOrdinal(text, start, piece, 0, piece.Length) == 0)
                    return start + piece.Length;
            }
        }

        Rune first = RuneAt(text, start);
        Kind kind = KindOf(first);
        int end = start + first.Utf16SequenceLength;
        if (kind == Kind.Space)
            return start;
        if (kind == Kind.Number)
            return end;
        while (end < text.Length && RuneAt(text, end) is var next && KindOf(next) == kind)
            end += next.Utf16SequenceLength;
        return end;
    }

    private static Kind KindOf(Rune rune)
    {
        if (Rune.IsLetter(rune))
            return Kind.Letter;
        if (Rune.IsNumber(rune))
            return Kind.Number;
        return Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other;
    }

    private static Rune RuneAt(string text, int index) => Rune.TryGetRuneAt(text, index, out Rune rune) ? rune : Rune.ReplacementChar;

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }
}
