using RenderFarm.Imaging.Sheets;

namespace RenderFarm.Imaging;

/// <summary>One place of a contact sheet.</summary>
/// <param name="Image">The picture; null draws an empty frame, so that a failed image leaves a visible gap.</param>
/// <param name="Caption">What stands under it, up to three lines; null for nothing.</param>
public sealed record SheetCell(RgbImage? Image, string? Caption = null);

/// <summary>A labelled grid of pictures to look at and to show: a sweep, a comparison, a set of prompts. Deterministic; thread-safe to draw.</summary>
/// <remarks>
/// Pictures smaller than <see cref="MinCellSide"/> are magnified by a whole factor with crisp pixels, larger ones than
/// <see cref="MaxCellSide"/> are shrunk; all by the same factor. Labels that do not fit are wrapped, then ended with an ellipsis.
/// Limitations: characters outside Latin, Greek and Cyrillic depend on the fonts of the machine.
/// </remarks>
public sealed class ContactSheet
{
    /// <summary>Most pixels of a sheet: above this no picture format of ours can hold it comfortably.</summary>
    public const int MaxPixels = 256 * 1024 * 1024;

    /// <summary>Heading; null or empty for none.</summary>
    public string? Title { get; init; }

    /// <summary>A quieter line under the heading; null or empty for none.</summary>
    public string? Subtitle { get; init; }

    /// <summary>A label above each column; empty for none. May be shorter than the widest row.</summary>
    public IReadOnlyList<string> ColumnLabels { get; init; } = [];

    /// <summary>A label left of each row; empty for none. May be shorter than the list of rows.</summary>
    public IReadOnlyList<string> RowLabels { get; init; } = [];

    /// <summary>The pictures, row by row; rows may have different lengths.</summary>
    public required IReadOnlyList<IReadOnlyList<SheetCell>> Rows { get; init; }

    /// <summary>Side in pixels that the longest edge of a cell reaches at least. Default 128.</summary>
    public int MinCellSide { get; init; } = 128;

    /// <summary>Side in pixels that no edge of a cell exceeds. Default 512.</summary>
    public int MaxCellSide { get; init; } = 512;

    /// <summary>Breaks a list of cells into rows of equal length, for sheets that are one long list.</summary>
    /// <param name="cells">The cells in reading order.</param>
    /// <param name="columns">Cells a row, at least 1.</param>
    /// <returns>Rows to set as <see cref="Rows"/>; the last may be shorter.</returns>
    public static IReadOnlyList<IReadOnlyList<SheetCell>> InColumns(IEnumerable<SheetCell> cells, int columns) => [.. cells.Chunk(columns)];

    /// <summary>Draws the sheet.</summary>
    /// <returns>The picture, as large as its contents need.</returns>
    /// <exception cref="ArgumentException">There is no cell, a bound is out of range, or the sheet would pass <see cref="MaxPixels"/>.</exception>
    public RgbImage Draw()
    {
        if (Rows.Count == 0 || Rows.All(row => row.Count == 0))
            throw new ArgumentException("A contact sheet needs at least one cell.", nameof(Rows));
        if (MinCellSide < 16 || MaxCellSide < MinCellSide)
            throw new ArgumentException($"A cell has at least 16 pixels and at most its maximum; {MinCellSide} to {MaxCellSide} is no such range.", nameof(MinCellSide));
        return new SheetLayout(this).Draw();
    }
}
