using System.Globalization;
using System.Text;
using RenderFarm.Diffusion.Text.Tokenization;

namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>The two ways in which CLIP tokenizers clean prompts.</summary>
internal static class ClipTextCleaning
{
    /// <summary><c>whitespace_clean(basic_clean(text)).lower()</c> of CLIP's simple_tokenizer.py.</summary>
    public static string CleanLikeOpenAI(string text) =>
        PythonText.ToLower(PythonText.CollapseWhiteSpace(HtmlEntities.Unescape(HtmlEntities.Unescape(FtfyText.Fix(text)))));

    /// <summary>
    /// Transformers' way without ftfy: special tokens are cut out of the raw text (they come back as parts of their own), the rest passes
    /// its BasicTokenizer (strip_accents off, no splitting at punctuation).
    /// </summary>
    public static IEnumerable<string> CleanLikeTransformers(string text, ClipSpecialTokens special)
    {
        int position = 0;
        while (position < text.Length)
        {
            int begin = text.IndexOf(special.BeginText, position, StringComparison.Ordinal);
            int end = text.IndexOf(special.EndText, position, StringComparison.Ordinal);
            bool isBegin = begin >= 0 && (end < 0 || begin < end);
            int next = isBegin ? begin : end;
            yield return Basic(text[position..(next < 0 ? text.Length : next)]);
            if (next < 0)
                yield break;
            string token = isBegin ? special.BeginText : special.EndText;
            yield return token;
            position = next + token.Length;
        }
    }

    private static string Basic(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (rune.Value is '\t' or '\n' or '\r' || category == UnicodeCategory.SpaceSeparator)
                clean.Append(' ');
            else if (rune.Value == 0xFFFD || category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
                continue;
            else if (IsChinese(rune.Value))
                clean.Append(' ').Append(rune.ToString()).Append(' ');
            else
                clean.Append(rune.ToString());
        }

        return PythonText.ToLower(PythonText.CollapseWhiteSpace(ComposedForm.Normalize(clean.ToString())));
    }

    /// <summary>The CJK ideograph blocks that BERT's tokenizer set apart; kana and Hangul are not among them.</summary>
    private static bool IsChinese(int codePoint) => codePoint is
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or
        (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
