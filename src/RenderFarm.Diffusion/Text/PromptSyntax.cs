using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RenderFarm.Diffusion.Text;

/// <summary>
/// Reads the weights out of a prompt: <c>(x)</c> ×1.1, <c>[x]</c> ÷1.1, <c>(x:1.3)</c>, nested as one likes; <c>\(</c> and its like are letters;
/// <c>BREAK</c> ends the chunk. A bracket that is never closed weighs everything after it; one that was never opened is a letter.
/// </summary>
/// <remarks>
/// This implementation matches <c>parse_prompt_attention</c> of AUTOMATIC1111's <c>modules/prompt_parser.py</c> (version 1.10), oddities included: a
/// backslash before any other character disappears; <c>BREAK</c> inside weighted brackets becomes a word of negative weight.
/// Limitations: prompt editing <c>[a:b:0.5]</c>, alternation <c>[a|b]</c>, <c>AND</c> and <c>&lt;lora:…&gt;</c> are ordinary text.
/// </remarks>
internal sealed partial class PromptSyntax
{
    /// <summary>Brackets are weights; prompts may have any number of chunks.</summary>
    public const string A1111 = "a1111";

    /// <summary>Brackets are letters; what does not fit into one chunk is cut off.</summary>
    public const string Plain = "plain";

    /// <summary>The word that ends a chunk.</summary>
    public const string BreakWord = "BREAK";

    private const double Round = 1.1;
    private const double Square = 1 / 1.1;

    private static readonly SearchValues<char> Special = SearchValues.Create(@"\()[]:");

    private readonly List<(string Text, double Weight)> _pieces = [];
    private readonly Stack<int> _round = new();
    private readonly Stack<int> _square = new();

    private PromptSyntax()
    {
    }

    /// <summary>Every syntax a request may name.</summary>
    public static IReadOnlyList<string> Names { get; } = [A1111, Plain];

    /// <summary>Segments of a prompt in the A1111 syntax, neighbours of different weight; one empty segment for an empty prompt.</summary>
    /// <exception cref="FormatException">A weight is no number, such as <c>(cat:1.2.3)</c>; the message quotes it.</exception>
    public static IReadOnlyList<PromptSegment> Parse(string prompt)
    {
        var syntax = new PromptSyntax();
        for (var position = 0; position < prompt.Length;) position += syntax.Read(prompt, position);
        // From the outermost in, as A1111 does: the order of the products moves the last bit of a weight.
        foreach (var start in syntax._round.Reverse()) syntax.Multiply(start, Round);
        foreach (var start in syntax._square.Reverse()) syntax.Multiply(start, Square);
        return syntax.Merged();
    }

    /// <summary>Reads what begins at a position.</summary>
    /// <returns>How many characters that was.</returns>
    private int Read(string prompt, int position)
    {
        switch (prompt[position])
        {
            case '\\':
                var escaped = position + 1 < prompt.Length && prompt[position + 1] is '(' or ')' or '[' or ']' or '\\';
                _pieces.Add((escaped ? prompt[position + 1].ToString() : "", 1));
                return escaped ? 2 : 1;
            case '(':
                _round.Push(_pieces.Count);
                return 1;
            case '[':
                _square.Push(_pieces.Count);
                return 1;
            case ')':
                Close(_round, Round, ")");
                return 1;
            case ']':
                Close(_square, Square, "]");
                return 1;
            case ':':
                return ReadColon(prompt, position);
            default:
                var end = prompt.AsSpan(position).IndexOfAny(Special);
                var text = end < 0 ? prompt[position..] : prompt.Substring(position, end);
                AddText(text);
                return text.Length;
        }
    }

    private int ReadColon(string prompt, int position)
    {
        var match = WeightAtEnd().Match(prompt, position);
        if (!match.Success)
        {
            AddText(":");
            return 1;
        }

        if (_round.TryPop(out var start)) Multiply(start, Number(match.Groups[1].Value));
        else AddText(match.Value);
        return match.Length;
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) && double.IsFinite(weight)
            ? weight
            : throw new FormatException($"the weight '{text}' is no number");

    private void Close(Stack<int> brackets, double factor, string letter)
    {
        if (brackets.TryPop(out var start)) Multiply(start, factor);
        else AddText(letter);
    }

    private void Multiply(int start, double factor)
    {
        for (var i = start; i < _pieces.Count; i++) _pieces[i] = (_pieces[i].Text, _pieces[i].Weight * factor);
    }

    private void AddText(string text)
    {
        var start = 0;
        for (var at = BreakFrom(text, 0); at >= 0; at = BreakFrom(text, start))
        {
            _pieces.Add((text[start..at].TrimEnd(), 1));
            _pieces.Add((PromptSegment.Break.Text, PromptSegment.Break.Weight));
            start = at + BreakWord.Length;
            while (start < text.Length && char.IsWhiteSpace(text[start])) start++;
        }

        _pieces.Add((text[start..], 1));
    }

    /// <summary>Where the word BREAK stands next; −1 for nowhere.</summary>
    private static int BreakFrom(string text, int start)
    {
        for (var at = text.IndexOf(BreakWord, start, StringComparison.Ordinal); at >= 0; at = text.IndexOf(BreakWord, at + 1, StringComparison.Ordinal))
        {
            if (!IsWord(text, at - 1) && !IsWord(text, at + BreakWord.Length)) return at;
        }

        return -1;
    }

    private static bool IsWord(string text, int index) =>
        index >= 0 && index < text.Length && (char.IsLetterOrDigit(text[index]) || text[index] == '_');

    private List<PromptSegment> Merged()
    {
        var merged = new List<PromptSegment>();
        var text = new StringBuilder();
        for (var i = 0; i < _pieces.Count; i++)
        {
            text.Append(_pieces[i].Text);
            if (i + 1 < _pieces.Count && _pieces[i + 1].Weight == _pieces[i].Weight) continue;
            merged.Add(new PromptSegment(text.ToString(), _pieces[i].Weight));
            text.Clear();
        }

        return merged.Count > 0 ? merged : [new PromptSegment("", 1)];
    }

    [GeneratedRegex(@"\G:\s*([+-]?[.0-9]+)\s*\)", RegexOptions.CultureInvariant)]
    private static partial Regex WeightAtEnd();
}
