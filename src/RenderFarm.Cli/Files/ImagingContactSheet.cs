using RenderFarm.Imaging;

namespace RenderFarm.Cli.Files;

/// <summary>Draws contact sheets with the Imaging project.</summary>
internal sealed class ImagingContactSheet : IContactSheet
{
    public byte[] Draw(
        string title, IReadOnlyList<string> rowLabels, IReadOnlyList<string> columnLabels, IReadOnlyList<IReadOnlyList<byte[]?>> cells)
    {
        var sheet = new ContactSheet
        {
            Title = title,
            RowLabels = rowLabels,
            ColumnLabels = columnLabels,
            Rows = [.. cells.Select(row => (IReadOnlyList<SheetCell>)[.. row.Select(ToCell)])],
        };
        return ImageEncoder.Encode(sheet.Draw(), ImageFileFormat.Png, quality: null, ImageTexts.None);
    }

    private static SheetCell ToCell(byte[]? file) => new(file is null ? null : ImageReader.Decode(file, ImagingPictures.MaxPixels));
}
