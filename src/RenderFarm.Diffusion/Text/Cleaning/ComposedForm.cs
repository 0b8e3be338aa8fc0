using System.Text;

namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>Unicode normalization form C (UAX 15), with the tables of Unicode 14 that the reference tokenizers ran on.</summary>
/// <remarks>.NET's own <c>string.Normalize</c> gives text back unchanged when globalization is invariant, as it is here.</remarks>
internal static class ComposedForm
{
    // Below U+0300 nothing combines and nothing is rewritten.
    private const char FirstAffected = '\u0300';

    // Hangul syllables are arithmetic (Unicode Standard 3.12): L leading, V vowel, T trailing, S syllable.
    private const int LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, SBase = 0xAC00;
    private const int LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    private static readonly Dictionary<int, int[]> s_decompositions = [];
    private static readonly Dictionary<(int First, int Second), int> s_compositions = [];
    private static readonly Dictionary<int, int> s_combiningClasses = [];

    static ComposedForm()
    {
        foreach (string[] fields in CharacterTables.Read("unicode-14.txt"))
        {
            if (fields[0] == "C")
                AddCombiningClass(fields);
            else if (fields[0] != "W")
                AddDecomposition(fields);
        }
    }

    public static string Normalize(string text)
    {
        if (text.All(c => c < FirstAffected))
            return text;
        List<int> points = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            // Half a surrogate pair passes through as it is; nothing composes with it.
            bool pair = char.IsSurrogatePair(text, i);
            Decompose(pair ? char.ConvertToUtf32(text, i) : text[i], points);
            i += pair ? 1 : 0;
        }

        Reorder(points);
        return Compose(points);
    }

    private static void AddCombiningClass(string[] fields)
    {
        foreach (string range in fields.AsSpan(2))
        {
            string[] ends = range.Split('-');
            for (int point = CharacterTables.CodePoint(ends[0]); point <= CharacterTables.CodePoint(ends[^1]); point++)
                s_combiningClasses[point] = int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static void AddDecomposition(string[] fields)
    {
        int point = CharacterTables.CodePoint(fields[1]);
        int[] parts = [.. fields.Skip(2).Select(CharacterTables.CodePoint)];
        s_decompositions[point] = parts;
        if (fields[0] == "D")
            s_compositions[(parts[0], parts[1])] = point;
    }

    private static void Decompose(int point, List<int> output)
    {
        int syllable = point - SBase;
        if (syllable is >= 0 and < SCount)
        {
            output.Add(LBase + (syllable / (VCount * TCount)));
            output.Add(VBase + (syllable % (VCount * TCount) / TCount));
            if (syllable % TCount != 0)
                output.Add(TBase + (syllable % TCount));
        }
        else if (s_decompositions.TryGetValue(point, out int[]? parts))
        {
            foreach (int part in parts)
                Decompose(part, output);
        }
        else
        {
            output.Add(point);
        }
    }

    /// <summary>Marks between two starters are sorted by combining class, equal classes keeping their order.</summary>
    private static void Reorder(List<int> points)
    {
        for (int i = 1; i < points.Count; i++)
        {
            int combiningClass = Class(points[i]);
            for (int j = i; combiningClass != 0 && j > 0 && Class(points[j - 1]) > combiningClass; j--)
                (points[j - 1], points[j]) = (points[j], points[j - 1]);
        }
    }

    private static string Compose(List<int> points)
    {
        List<int> composed = new(points.Count);
        int starter = -1, lastClass = 0;
        foreach (int point in points)
        {
            int combiningClass = Class(point);
            // A mark is blocked from its starter by another of the same or a higher class in between; a starter by any mark.
            bool blocked = starter < 0 || (starter < composed.Count - 1 && (lastClass == 0 || lastClass >= combiningClass));
            if (!blocked && TryCompose(composed[starter], point, out int whole))
            {
                composed[starter] = whole;
                continue;
            }

            if (combiningClass == 0)
                starter = composed.Count;
            lastClass = combiningClass;
            composed.Add(point);
        }

        StringBuilder text = new(composed.Count);
        foreach (int point in composed)
            _ = point is >= 0xD800 and <= 0xDFFF ? text.Append((char)point) : text.Append(char.ConvertFromUtf32(point));
        return text.ToString();
    }

    private static bool TryCompose(int first, int second, out int whole)
    {
        if (first - LBase is >= 0 and < LCount && second - VBase is >= 0 and < VCount)
        {
            whole = SBase + ((((first - LBase) * VCount) + second - VBase) * TCount);
            return true;
        }

        if (first - SBase is >= 0 and < SCount && (first - SBase) % TCount == 0 && second - TBase is > 0 and < TCount)
        {
            whole = first + second - TBase;
            return true;
        }

        return s_compositions.TryGetValue((first, second), out whole);
    }

    private static int Class(int point) => s_combiningClasses.GetValueOrDefault(point);
}
