using System.Text;
using System.Text.RegularExpressions;

namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>The text repair that CLIP's training captions went through.</summary>
/// <remarks>
/// This implementation matches <c>ftfy.fix_text</c> 6.1.1 with its default settings (https://github.com/rspeer/python-ftfy, Speer 2019).
/// Limitations: character tables of Unicode 14.
/// </remarks>
internal static partial class FtfyText
{
    // Beyond this many characters ftfy repairs piece by piece, to bound its time.
    private const int MaxSegment = 1_000_000;

    // A ligature or digraph, then what it stands for.
    private const string Ligatures =
        "ĲIJ ĳij ŉʼn ǱDZ ǲDz ǳdz ǄDŽ ǅDž ǆdž ǇLJ ǈLj ǉlj ǊNJ ǋNj ǌnj " +
        "\uFB00ff \uFB01fi \uFB02fl \uFB03ffi \uFB04ffl \uFB05ſt \uFB06st";

    private static readonly Dictionary<char, string> s_ligatures = Ligatures.Split(' ').ToDictionary(entry => entry[0], entry => entry[1..]);

    private static readonly Dictionary<char, string> s_widths = CharacterTables.Read("unicode-14.txt")
        .Where(fields => fields[0] == "W")
        .ToDictionary(fields => (char)CharacterTables.CodePoint(fields[1]), fields => CharacterTables.Text(fields.Skip(2)));

    public static string Fix(string text)
    {
        // What the steps below can change begins outside printable ASCII, or is an entity.
        if (text.All(c => c is >= ' ' and <= '~' and not '&'))
            return text;
        StringBuilder output = new(text.Length);
        bool entities = true;
        for (int position = 0; position < text.Length;)
        {
            int lineEnd = text.IndexOf('\n', position) + 1;
            int end = Math.Min(lineEnd == 0 ? text.Length : lineEnd, position + MaxSegment);
            string segment = text[position..end];
            // An angle bracket means that this may be real HTML, whose entities are meant; so for the rest of the text too.
            entities &= !segment.Contains('<', StringComparison.Ordinal);
            output.Append(FixSegment(segment, entities));
            position = end;
        }

        return output.ToString();
    }

    private static string FixSegment(string text, bool entities)
    {
        while (true)
        {
            string original = text;
            if (entities)
                text = HtmlEntities.UnescapeCarefully(text);
            text = Mojibake.RepairC1Controls(Mojibake.Repair(text));
            text = Substitute(Substitute(text, s_ligatures), s_widths);
            text = DoubleQuotes().Replace(text, "\"");
            text = SingleQuotes().Replace(text, "'");
            text = LineBreaks().Replace(text, "\n");
            text = ReplaceLoneSurrogates(text);
            text = TerminalEscapes().Replace(text, "");
            text = ControlCharacters().Replace(text, "");
            text = ComposedForm.Normalize(text);
            if (text == original)
                return text;
        }
    }

    [GeneratedRegex("[\u201C-\u201F]")]
    private static partial Regex DoubleQuotes();

    [GeneratedRegex("[\u02BC\u2018-\u201B]")]
    private static partial Regex SingleQuotes();

    [GeneratedRegex("\r\n|[\r\u2028\u2029\u0085]")]
    private static partial Regex LineBreaks();

    [GeneratedRegex("\u001B\\[[\\d;]*[a-zA-Z]", RegexOptions.CultureInvariant)]
    private static partial Regex TerminalEscapes();

    [GeneratedRegex("[\u0000-\u0008\u000B\u000E-\u001F\u007F\u206A-\u206F\uFEFF\uFFF9-\uFFFC]")]
    private static partial Regex ControlCharacters();

    private static string Substitute(string text, Dictionary<char, string> table)
    {
        if (!text.Any(table.ContainsKey))
            return text;
        StringBuilder output = new(text.Length + 8);
        foreach (char c in text)
            _ = table.TryGetValue(c, out string? replacement) ? output.Append(replacement) : output.Append(c);
        return output.ToString();
    }

    private static string ReplaceLoneSurrogates(string text) =>
        text.Any(char.IsSurrogate) ? string.Concat(text.EnumerateRunes()) : text;
}
