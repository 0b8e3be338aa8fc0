namespace RenderFarm.Cli.Files;

/// <summary>Draws the images of a sweep as one labelled picture.</summary>
internal interface IContactSheet
{
    /// <summary>Returns a PNG file.</summary>
    /// <param name="grid">Headings, and a label for each row and column.</param>
    /// <param name="files">Image files, row by row; null where an image is missing.</param>
    byte[] Draw(SweepGrid grid, IReadOnlyList<string?> files);
}
