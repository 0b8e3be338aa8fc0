namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>A character set of one byte a character, ASCII in its lower half, as programs mistake UTF-8 for.</summary>
/// <remarks>
/// The Windows sets are "sloppy": a byte that the standard leaves open is the Latin-1 character of that number, and byte 1A stands for
/// U+FFFD, the mark of a character that was lost before.
/// </remarks>
internal sealed class SingleByteEncoding
{
    private const byte Substitute = 0x1A;

    // Order matters: what is tried first wins.
    private static readonly SingleByteEncoding s_latin1 = new(false, Identity(0x80, 0xFF));

    private static readonly SingleByteEncoding s_windows1251 = new(
        true,
        "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u0098™љ›њќћџ" +
        "\u00A0ЎўЈ¤Ґ¦§Ё©Є«¬\u00AD®Ї°±Ііґµ¶·ё№є»јЅѕї" +
        "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ" +
        "абвгдежзийклмнопрстуфхцчшщъыьэюя");

    private static readonly SingleByteEncoding s_windows1250 = new(
        true,
        "€\u0081‚\u0083„…†‡\u0088‰Š‹ŚŤŽŹ\u0090‘’“”•–—\u0098™š›śťžź" +
        "\u00A0ˇ˘Ł¤Ą¦§¨©Ş«¬\u00AD®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż" +
        "ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß" +
        "ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙");

    private static readonly SingleByteEncoding s_windows1253 = new(
        true,
        "€\u0081‚ƒ„…†‡\u0088‰\u008A‹\u008C\u008D\u008E\u008F\u0090‘’“”•–—\u0098™\u009A›\u009C\u009D\u009E\u009F" +
        "\u00A0\u0385\u0386£¤¥¦§¨©ª«¬\u00AD®―°±²³\u0384µ¶·ΈΉΊ»Ό½ΎΏ" +
        "ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡÒΣΤΥΦΧΨΩΪΫάέήί" +
        "ΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώÿ");

    private static readonly SingleByteEncoding s_windows1254 = new(
        true,
        "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008D\u008E\u008F\u0090‘’“”•–—˜™š›œ\u009D\u009EŸ" +
        "\u00A0¡¢£¤¥¦§¨©ª«¬\u00AD®¯°±²³´µ¶·¸¹º»¼½¾¿" +
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞß" +
        "àáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ");

    private static readonly SingleByteEncoding s_latin2 = new(
        false,
        Identity(0x80, 0x9F) +
        "\u00A0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00ADŽŻ°ą˛ł´ľśˇ¸šşťź˝žż" +
        "ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß" +
        "ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙");

    private static readonly SingleByteEncoding s_macRoman = new(
        false,
        "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü" +
        "†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªº\u03A9æø" +
        "¿¡¬√ƒ≈\u2206«»…\u00A0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›\uFB01\uFB02" +
        "‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uF8FFÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ");

    private static readonly SingleByteEncoding s_cp437 = new(
        false,
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ" +
        "áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
        "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" +
        "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0");

    private readonly string _upperHalf;
    private readonly Dictionary<char, byte> _bytes = [];

    private SingleByteEncoding(bool isSloppy, string upperHalf)
    {
        IsSloppy = isSloppy;
        _upperHalf = upperHalf;
        for (int b = 0; b < 0x80; b++)
        {
            if (!isSloppy || b != Substitute)
                _bytes[(char)b] = (byte)b;
        }

        for (int i = 0; i < upperHalf.Length; i++)
            _bytes[upperHalf[i]] = (byte)(0x80 + i);
        if (isSloppy)
            _bytes['\uFFFD'] = Substitute;
    }

    /// <summary>The set that most mojibake went through.</summary>
    public static SingleByteEncoding Windows1252 { get; } = new(
        true,
        "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ" +
        "\u00A0¡¢£¤¥¦§¨©ª«¬\u00AD®¯°±²³´µ¶·¸¹º»¼½¾¿" +
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß" +
        "àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ");

    /// <summary>The sets to try, in this order.</summary>
    public static SingleByteEncoding[] Candidates { get; } =
        [s_latin1, Windows1252, s_windows1251, s_windows1250, s_windows1253, s_windows1254, s_latin2, s_macRoman, s_cp437];

    public bool IsSloppy { get; }

    /// <param name="value">A byte from 0x80 on.</param>
    public char Decode(int value) => _upperHalf[value - 0x80];

    /// <returns>The bytes that read as <paramref name="text"/> in this set, each as a character U+0000…U+00FF; null if it holds any other.</returns>
    public string? TryEncode(string text)
    {
        char[] bytes = new char[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            if (!_bytes.TryGetValue(text[i], out byte value))
                return null;
            bytes[i] = (char)value;
        }

        return new string(bytes);
    }

    private static string Identity(int first, int last) => string.Concat(Enumerable.Range(first, last - first + 1).Select(b => (char)b));
}
