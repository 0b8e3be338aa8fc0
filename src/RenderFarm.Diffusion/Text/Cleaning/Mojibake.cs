using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>Repairs UTF-8 text that was read in another character set ("sÃ£o" for "são"), as ftfy 6.1.1's <c>fix_encoding</c> does.</summary>
internal static partial class Mojibake
{
    public static string Repair(string text)
    {
        while (true)
        {
            string repaired = RepairOnce(text);
            if (repaired == text)
                return text;
            text = repaired;
        }
    }

    /// <summary>C1 control characters are Windows-1252 read as Latin-1; nobody means them.</summary>
    public static string RepairC1Controls(string text) => C1().Replace(text, match => SingleByteEncoding.Windows1252.Decode(match.Value[0]).ToString());

    [GeneratedRegex("[\u0080-\u009F]", RegexOptions.CultureInvariant)]
    private static partial Regex C1();

    private static string RepairOnce(string text)
    {
        if (Ascii.IsValid(text) || !MojibakePatterns.IsBad(text))
            return text;

        // 1. The whole text is UTF-8 in one of the sets.
        foreach (SingleByteEncoding encoding in SingleByteEncoding.Candidates)
        {
            if (encoding.TryEncode(text) is { } bytes && DecodeUtf8(RestoreBytes(bytes, encoding)) is { } decoded)
                return decoded;
        }

        // 2. Parts of it are.
        string inconsistent = MojibakePatterns.EmbeddedUtf8.Replace(
            text,
            match => match.Length < text.Length && MojibakePatterns.IsBad(match.Value) ? Repair(match.Value) : match.Value);

        // 3. It is Windows-1252 that was read as Latin-1.
        return inconsistent != text ? inconsistent : RepairC1Controls(text);
    }

    /// <param name="bytes">Bytes as characters.</param>
    /// <param name="encoding">The set they came from.</param>
    private static string RestoreBytes(string bytes, SingleByteEncoding encoding)
    {
        if (MojibakePatterns.SpaceForA0.IsMatch(bytes))
        {
            bytes = MojibakePatterns.GraveWord.Replace(bytes, "\u00C3\u00A0 ");
            bytes = MojibakePatterns.SpaceForA0.Replace(bytes, match => match.Value.Replace(' ', '\u00A0'));
        }

        return encoding.IsSloppy ? MojibakePatterns.LostBytes.Replace(bytes, "\u00EF\u00BF\u00BD") : bytes;
    }

    /// <summary>Strict UTF-8, but for Java's two-byte zero and surrogate pairs of three bytes each (CESU-8).</summary>
    /// <param name="bytes">Bytes as characters.</param>
    /// <returns>The text; null if it is not UTF-8.</returns>
    private static string? DecodeUtf8(string bytes)
    {
        if (bytes.Contains('\u00ED', StringComparison.Ordinal) || bytes.Contains('\u00C0', StringComparison.Ordinal))
            bytes = Cesu8().Replace(bytes, CombineSurrogates).Replace("\u00C0\u0080", "\0", StringComparison.Ordinal);
        byte[] utf8 = Encoding.Latin1.GetBytes(bytes);
        return Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : null;
    }

    [GeneratedRegex("\u00ED[\u00A0-\u00AF][\u0080-\u00BF]\u00ED[\u00B0-\u00BF][\u0080-\u00BF]", RegexOptions.CultureInvariant)]
    private static partial Regex Cesu8();

    private static string CombineSurrogates(Match match)
    {
        string b = match.Value;
        int point = 0x10000 + ((b[1] & 0x0F) << 16) + ((b[2] & 0x3F) << 10) + ((b[4] & 0x0F) << 6) + (b[5] & 0x3F);
        return Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(char.ConvertFromUtf32(point)));
    }
}
