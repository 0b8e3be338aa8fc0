namespace RenderFarm.Cli.Files;

/// <summary>Draws the images of a sweep as one labelled picture.</summary>
internal interface IContactSheet
{
    /// <summary>Returns a PNG file.</summary>
    /// <param name="title">Over the whole.</param>
    /// <param name="rowLabels">One for each row, from top to bottom.</param>
    /// <param name="columnLabels">One for each column, from left to right.</param>
    /// <param name="cells">Image files, row by row; null where an image is missing.</param>
    byte[] Draw(string title, IReadOnlyList<string> rowLabels, IReadOnlyList<string> columnLabels, IReadOnlyList<IReadOnlyList<byte[]?>> cells);
}
