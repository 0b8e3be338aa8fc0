namespace RenderFarm.Cli.Output;

/// <summary>Columns of text, as wide as their widest cell and two spaces apart; no borders, so that other programs can read it too.</summary>
internal static class TextTable
{
    /// <summary>Writes a header and rows. The last column is not padded.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var all = rows.Prepend(header).ToList();
        var widths = Enumerable.Range(0, header.Count).Select(column => all.Max(row => row[column].Length)).ToArray();
        foreach (var row in all)
            writer.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    /// <summary>A text on one line, cut to a length.</summary>
    public static string OneLine(string text, int length)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= length ? line : line[..(length - 1)] + "…";
    }
}
