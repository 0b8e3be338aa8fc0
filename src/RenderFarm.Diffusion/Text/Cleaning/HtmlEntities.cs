using System.Globalization;
using System.Text.RegularExpressions;

namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>HTML character references, as Python's <c>html.unescape</c> and as ftfy read them.</summary>
internal static partial class HtmlEntities
{
    // Names with their semicolon where they have one; the second map holds what ftfy adds, "&NTILDE;" for "&Ntilde;".
    private static readonly Dictionary<string, string> s_names = new(StringComparer.Ordinal);
    private static readonly Dictionary<string, string> s_capitals = new(StringComparer.Ordinal);

    static HtmlEntities()
    {
        foreach (string[] fields in CharacterTables.Read("html5-entities.txt"))
        {
            if (fields[0] == "!")
                s_capitals[fields[1]] = CharacterTables.Text(fields.Skip(2));
            else
                s_names[fields[0]] = CharacterTables.Text(fields.Skip(1));
        }
    }

    /// <summary><c>html.unescape</c>: everything the HTML standard reads, also without the semicolon.</summary>
    public static string Unescape(string text) => text.Contains('&', StringComparison.Ordinal) ? Reference().Replace(text, match => Decode(match.Groups[1].Value)) : text;

    /// <summary>ftfy's more careful reading: references with their semicolon alone, so that "this&amp;not that" stays.</summary>
    public static string UnescapeCarefully(string text) => text.Contains('&', StringComparison.Ordinal) ? CarefulReference().Replace(text, DecodeCarefully) : text;

    [GeneratedRegex("&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\\t\\n\\f <&#;]{1,32};?)", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();

    [GeneratedRegex("&#?[0-9A-Za-z]{1,24};", RegexOptions.CultureInvariant)]
    private static partial Regex CarefulReference();

    private static string DecodeCarefully(Match match)
    {
        string reference = match.Value;
        if (s_names.TryGetValue(reference[1..], out string? text) || s_capitals.TryGetValue(reference[1..], out text))
            return text;
        if (reference[1] != '#')
            return reference;
        string decoded = Unescape(reference);
        return decoded.Contains(';', StringComparison.Ordinal) ? reference : decoded;
    }

    private static string Decode(string reference)
    {
        if (reference[0] == '#')
            return DecodeNumber(reference.TrimEnd(';'));
        if (s_names.TryGetValue(reference, out string? text))
            return text;
        for (int length = reference.Length - 1; length > 1; length--)
        {
            if (s_names.TryGetValue(reference[..length], out text))
                return text + reference[length..];
        }

        return "&" + reference;
    }

    /// <param name="reference">"#" and digits, or "#x" and hexadecimal digits.</param>
    private static string DecodeNumber(string reference)
    {
        bool hexadecimal = reference[1] is 'x' or 'X';
        string digits = reference[(hexadecimal ? 2 : 1)..].TrimStart('0');
        // Nine digits are beyond Unicode in either base, and still fit an int.
        int point = digits.Length == 0 ? 0 : digits.Length > 9 ? int.MaxValue : (int)Math.Min(
            long.Parse(digits, hexadecimal ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture), int.MaxValue);
        return point switch
        {
            0 or (>= 0xD800 and <= 0xDFFF) or > 0x10FFFF => "\uFFFD",
            '\r' => "\r",
            >= 0x80 and <= 0x9F => SingleByteEncoding.Windows1252.Decode(point).ToString(),
            (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) => "",
            _ when (point & 0xFFFE) == 0xFFFE => "",
            _ => char.ConvertFromUtf32(point),
        };
    }
}
