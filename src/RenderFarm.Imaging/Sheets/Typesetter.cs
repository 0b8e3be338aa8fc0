using System.Globalization;
using System.Security;
using System.Text;
using NetVips;

namespace RenderFarm.Imaging.Sheets;

/// <summary>Sets text in one weight and size of the font that travels with the program.</summary>
internal sealed class Typesetter
{
    private const string Ellipsis = "…";

    private readonly string _font;
    private readonly string _fontFile;

    /// <param name="semibold">The heavier weight, for headings.</param>
    /// <param name="size">Size of the em square in pixels.</param>
    /// <exception cref="FileNotFoundException">The program was installed without its fonts.</exception>
    public Typesetter(bool semibold, int size)
    {
        VipsEngine.EnsureStarted();
        _font = string.Create(CultureInfo.InvariantCulture, $"Open Sans {(semibold ? "Semibold " : "")}{size}");
        _fontFile = Path.Combine(AppContext.BaseDirectory, "Fonts", semibold ? "OpenSans-Semibold.ttf" : "OpenSans-Regular.ttf");
        if (!File.Exists(_fontFile))
            throw new FileNotFoundException($"The font {_fontFile} is missing; it is installed beside the program.", _fontFile);
        // Ascent plus descent of Open Sans are 1.362 em (its hhea table).
        LineHeight = (int)Math.Ceiling(size * 1.362);
    }

    /// <summary>Distance of baselines in pixels.</summary>
    public int LineHeight { get; }

    /// <summary>Sets a text, wrapped at words and ended with an ellipsis where it would be longer than allowed.</summary>
    /// <param name="text">Anything; white space is folded and control characters are shown as U+FFFD.</param>
    /// <param name="maxWidth">Width in pixels, at least 1.</param>
    /// <param name="maxLines">Lines, at least 1.</param>
    /// <param name="centred">Whether the lines of the block are centred to each other.</param>
    public TextBlock Set(string? text, int maxWidth, int maxLines, bool centred = false)
    {
        string clean = Clean(text ?? "");
        if (clean.Length == 0)
            return TextBlock.Empty;
        TextBlock whole = Render(clean, maxWidth, centred);
        if (whole.Lines <= maxLines && whole.Width <= maxWidth)
            return whole;

        int[] cuts = StringInfo.ParseCombiningCharacters(clean);
        int fits = 0, tooLong = cuts.Length;
        TextBlock best = Render(Ellipsis, maxWidth, centred);
        while (tooLong - fits > 1)
        {
            int middle = (fits + tooLong) / 2;
            TextBlock block = Render(clean[..cuts[middle]].TrimEnd(' ', ',', '.', ';', ':') + Ellipsis, maxWidth, centred);
            if (block.Lines <= maxLines && block.Width <= maxWidth)
                (fits, best) = (middle, block);
            else
                tooLong = middle;
        }

        return best;
    }

    private static string Clean(string text)
    {
        StringBuilder clean = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
                clean.Append(clean.Length > 0 && clean[^1] != ' ' ? " " : "");
            else
                clean.Append(Rune.IsControl(rune) || rune.Value is 0xFFFE or 0xFFFF ? "\uFFFD" : rune.ToString());
        }

        return clean.ToString().TrimEnd();
    }

    private TextBlock Render(string text, int maxWidth, bool centred)
    {
        // libvips takes Pango markup: what looks like a tag must not be one. At 72 dpi a point is a pixel.
        using Image ink = Image.Text(
            SecurityElement.Escape(text),
            font: _font,
            fontfile: _fontFile,
            dpi: 72,
            width: maxWidth,
            wrap: Enums.TextWrap.WordChar,
            align: centred ? Enums.Align.Centre : Enums.Align.Low);
        int lines = Math.Max(1, (int)Math.Round((ink.Yoffset + ink.Height) / (double)LineHeight, MidpointRounding.ToPositiveInfinity));
        return new TextBlock(ink.Width, ink.Height, ink.Yoffset, lines, ink.WriteToMemory<byte>());
    }
}
