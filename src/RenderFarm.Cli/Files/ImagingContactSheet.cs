using RenderFarm.Imaging;

namespace RenderFarm.Cli.Files;

/// <summary>Draws contact sheets with the Imaging project.</summary>
internal sealed class ImagingContactSheet : IContactSheet
{
    /// <summary>Above this many cells they are drawn at half the size, so that the sheet stays a file people open.</summary>
    private const int ManyCells = 100;

    public byte[] Draw(SweepGrid grid, IReadOnlyList<string?> files)
    {
        var side = files.Count > ManyCells ? 256 : 512;
        var sheet = new ContactSheet
        {
            Title = grid.Title,
            Subtitle = grid.Subtitle,
            RowLabels = grid.Rows is [""] ? [] : grid.Rows,
            ColumnLabels = grid.Columns is [""] ? [] : grid.Columns,
            Rows = ContactSheet.InColumns(files.Select(file => new SheetCell(Load(file, side))), grid.Columns.Count),
            MaxCellSide = side,
        };
        return ImageEncoder.Encode(sheet.Draw(), ImageFileFormat.Png, null, ImageTexts.None);
    }

    // Shrunk as it is read: hundreds of large pictures at once would not fit into memory.
    private static RgbImage? Load(string? file, int side)
    {
        if (file is null) return null;
        var image = ImageReader.Decode(File.ReadAllBytes(file), ImagingPictures.MaxPixels);
        return image.Width > side || image.Height > side ? ImageResize.Fit(image, side, side) : image;
    }
}
