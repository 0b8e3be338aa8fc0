using System.Text.RegularExpressions;

namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>What gives mojibake away: neighbours that writers hardly ever put together, and what UTF-8 looks like in other sets.</summary>
/// <remarks>The rules of ftfy 6.1.1's <c>badness.py</c> and <c>chardata.py</c> (https://github.com/rspeer/python-ftfy), written anew for .NET.</remarks>
internal static class MojibakePatterns
{
    private const string C1 = "\u0080-\u009F";
    private const string Common = "\u00A0\u00AD·´–—―…’";
    private const string Bad = "¦¤¨¬¯¶§¸ƒ\u02C6\u02C7\u02D8\u02DB\u02DC†‡‰⌐◊\uFFFDªº";
    private const string Currency = "¢£¥₧€";
    private const string Start = "¡«¿©\u0384\u0385‘‚“„•‹\uF8FF";
    private const string End = "®»\u02DD”›™";
    private const string Numeric = "²³¹±¼½¾×\u00B5÷\u2044∂\u2206\u220F\u2211√∞∩∫≈≠≡≤≥№";
    private const string Kaomoji = "Ò-ÖÙ-Üò-öø-üŐ°";
    private const string UpperAccented = "À-ÑØÜÝĂĄĆČĎĐĘĚĞİĹĽŁŃŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ";
    private const string LowerAccented = "ßà-ñăąćčďđęěğĺľłœŕśşšťüźżžґ\uFB01\uFB02";
    private const string UpperCommon = "ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я";
    private const string LowerCommon = "α-ωάέήίΰа-џ";
    private const string Box = "│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓";
    private const string Accented = LowerAccented + UpperAccented;

    // Python's \w and \s, which differ from .NET's in marks, numbers and the separators U+001C…U+001F.
    private const string Word = @"[\p{L}\p{N}_]";
    private const string Space = @"[\s\u001C-\u001F]";

    // ASCII letters as ranges, not as a class that would ignore case.
    private static readonly string[] s_oddNeighbours =
    [
        $"[{C1}]",
        $"[{Bad}{Accented}{Box}{Start}{End}{Currency}{Numeric}][{Bad}]",
        $"[a-zA-Z][{LowerCommon}{UpperCommon}][{Bad}]",
        $"[{Bad}][{Accented}{Box}{Start}{End}{Currency}{Numeric}]",
        $"[{LowerAccented}{LowerCommon}{Box}{End}{Currency}{Numeric}][{UpperAccented}]",
        $"[{Box}{End}{Currency}{Numeric}][{LowerAccented}]",
        $"[{LowerAccented}{Box}{End}][{Currency}]",
        $"{Space}[{UpperAccented}][{Currency}]",
        $"[{UpperAccented}{Box}][{Numeric}]",
        $"[{Accented}{Box}{Currency}{End}][{Start}][{Numeric}]",
        $"[{Accented}{Currency}{Numeric}{Box}][{End}][{Start}]",
        $"[{Currency}{Numeric}{Box}][{Start}]",
        $"[a-z][{UpperAccented}][{Start}{Currency}]",
        $"[{Box}][{Kaomoji}]",
        $"[{Accented}{Currency}{Numeric}{Start}{End}][{Box}]",
        $"[{Box}][{End}]",
        $"[{Accented}][{End}]{Word}",
        "[Œœ][^A-Za-z]",

        // UTF-8 read as Windows-1252: two-byte sequences, Arabic (twice in a row), South Asian scripts, à and the no-break space.
        $"[ÂÃÎÐ][€Šš¢£Ÿž\u00A0\u00AD®©°·»{Start}{End}–—´]",
        "×[²³]",
        $"[ØÙ][{Common}{Currency}{Bad}{Numeric}{Start}ŸŠ®°µ»][ØÙ][{Common}{Currency}{Bad}{Numeric}{Start}ŸŠ®°µ»]",
        "à[²µ¹¼½¾]",
        "Ã[\u00A0¡]",
        $"[a-z]{Space}?[ÃÂ][ ]",
        "^[ÃÂ][ ]",
        $"[a-z.,?!{End}]Â[ {Start}{End}]",

        // As MacRoman.
        "√[±∂†≠®™´≤≥¥µø]",
        "≈[°¢]",
        "‚Ä[ìîïòôúùû†°¢π]",
        "‚[âó][àä°ê]",

        // As Windows-1251 (Cyrillic).
        "вЂ",
        $"[ВГРС][{C1}{Bad}{Start}{End}{Currency}°µ][ВГРС]",
        "ГўВЂВ.[A-Za-z ]",

        // As Windows-1253 (Greek).
        "β€[™\u00A0Ά\u00AD®°]",
        $"[ΒΓΞΟ][{C1}{Bad}{Start}{End}{Currency}°][ΒΓΞΟ]",
    ];

    private const string FirstOfTwo =
        "ÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßĂĆČĎĐĘĚĞİĹŃŇŐŘŞŢŮŰ" +
        "ΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫάέήίВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ";

    private const string FirstOfThree = "àáâãäåæçèéêëìíîïăćčďęěĺŕΰαβγδεζηθικλμνξοабвгдежзийклмноп";
    private const string FirstOfFour = "ðóđğπσру";

    private const string ContinuationStrict =
        "\u0080-\u00BFĄąĽľŁłŒœŚśŞşŠšŤťŸŹźŻżŽžƒ\u02C6\u02C7\u02D8\u02DB\u02DC\u02DD\u0384\u0385" +
        "ΆΈΉΊΌΎΏЁЂЃЄЅІЇЈЉЊЋЌЎЏёђѓєѕіїјљњћќўџҐґ†‡•‰‹›€№™";

    private const string Continuation = ContinuationStrict + "–—―‘’‚“”„… ";

    private static readonly Regex s_bad = new(string.Join('|', s_oddNeighbours), RegexOptions.CultureInvariant | RegexOptions.Compiled);

    /// <summary>Runs of characters that are UTF-8 sequences in some single-byte set, wherever they stand.</summary>
    public static Regex EmbeddedUtf8 { get; } = new(
        $"(?<![{ContinuationStrict}])(?:[{FirstOfTwo}][{Continuation}]|[{FirstOfThree}][{Continuation}]{{2}}|[{FirstOfFour}][{Continuation}]{{3}})+",
        RegexOptions.CultureInvariant | RegexOptions.Compiled);

    /// <summary>Bytes that would be UTF-8 if a space were the byte A0 it was made from.</summary>
    public static Regex SpaceForA0 { get; } = new(
        "[\u00C2\u00C3\u00C5\u00CE\u00D0\u00D9] " +
        "|[\u00E2\u00E3] [\u0080-\u0084\u0086-\u009F\u00A1-\u00BF]" +
        "|[\u00E0-\u00E3][\u0080-\u0084\u0086-\u009F\u00A1-\u00BF] " +
        "|\u00F0 [\u0080-\u00BF][\u0080-\u00BF]" +
        "|\u00F0[\u0080-\u00BF] [\u0080-\u00BF]" +
        "|\u00F0[\u0080-\u00BF][\u0080-\u00BF] ",
        RegexOptions.CultureInvariant);

    /// <summary>"à" as a word of its own lost its A0 to the space that follows; in these Portuguese contractions it is no word of its own.</summary>
    public static Regex GraveWord { get; } = new("\u00C3 (?! |quele|quela|quilo|s )", RegexOptions.CultureInvariant);

    /// <summary>UTF-8 (and CESU-8) sequences of which some bytes were lost, one of them perhaps to a question mark.</summary>
    public static Regex LostBytes { get; } = new(
        "[\u00C2-\u00DF]\u001A" +
        "|[\u00C2-\u00C3][?]" +
        "|\u00ED[\u00A0-\u00AF][\u001A?]\u00ED[\u00B0-\u00BF][\u001A?\u0080-\u00BF]" +
        "|\u00ED[\u00A0-\u00AF][\u001A?\u0080-\u00BF]\u00ED[\u00B0-\u00BF][\u001A?]" +
        "|[\u00E0-\u00EF][\u001A?][\u001A\u0080-\u00BF]" +
        "|[\u00E0-\u00EF][\u001A\u0080-\u00BF][\u001A?]" +
        "|[\u00F0-\u00F4][\u001A?][\u001A\u0080-\u00BF][\u001A\u0080-\u00BF]" +
        "|[\u00F0-\u00F4][\u001A\u0080-\u00BF][\u001A?][\u001A\u0080-\u00BF]" +
        "|[\u00F0-\u00F4][\u001A\u0080-\u00BF][\u001A\u0080-\u00BF][\u001A?]" +
        "|\u001A",
        RegexOptions.CultureInvariant);

    /// <summary>Whether a text looks as if it had been decoded with the wrong character set.</summary>
    public static bool IsBad(string text) => s_bad.IsMatch(text);
}
