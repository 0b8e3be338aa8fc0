using System.Globalization;
using System.Text;

namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>String operations that the reference tokenizers take from Python, where .NET's differ.</summary>
internal static class PythonText
{
    /// <summary><c>re.sub(r"\s+", " ", text).strip()</c>.</summary>
    public static string CollapseWhiteSpace(string text)
    {
        StringBuilder collapsed = new(text.Length);
        foreach (char c in text)
        {
            if (!IsWhiteSpace(c))
                collapsed.Append(c);
            else if (collapsed.Length > 0 && collapsed[^1] != ' ')
                collapsed.Append(' ');
        }

        return collapsed.ToString().TrimEnd(' ');
    }

    /// <summary><c>str.lower()</c>: full case mapping, which knows İ (two characters) and the final sigma.</summary>
    public static string ToLower(string text)
    {
        StringBuilder lower = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                lower.Append(text[i++]);
                continue;
            }

            if (rune.Value == 'İ')
                lower.Append("i\u0307");
            else if (rune.Value == 'Σ')
                lower.Append(IsFinalSigma(text, i) ? 'ς' : 'σ');
            else
                lower.Append(Rune.ToLowerInvariant(rune).ToString());
            i += rune.Utf16SequenceLength;
        }

        return lower.ToString();
    }

    /// <summary><c>str.isspace()</c>: also the four separators U+001C…U+001F.</summary>
    private static bool IsWhiteSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>Unicode's Final_Sigma: a cased letter before, none after, looking past what case ignores.</summary>
    private static bool IsFinalSigma(string text, int index)
    {
        Rune? before = null;
        for (int i = index; i > 0 && before is null;)
        {
            i -= i > 1 && char.IsSurrogatePair(text, i - 2) ? 2 : 1;
            before = Significant(text, i);
        }

        Rune? after = null;
        for (int i = index + 1; i < text.Length && after is null; i += char.IsSurrogatePair(text, i) ? 2 : 1)
            after = Significant(text, i);
        return before is { } left && IsCased(left) && !(after is { } right && IsCased(right));
    }

    private static Rune? Significant(string text, int index) =>
        Rune.TryGetRuneAt(text, index, out Rune rune) ? (IsCaseIgnorable(rune) ? null : rune) : Rune.ReplacementChar;

    private static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter ||
        rune.Value is 'ª' or 'º' or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9);

    private static bool IsCaseIgnorable(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or
        UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol ||
        rune.Value is '\'' or '.' or ':' or '·' or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027 or
            0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A;
}
