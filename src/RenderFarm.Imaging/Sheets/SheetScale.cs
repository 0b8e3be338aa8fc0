namespace RenderFarm.Imaging.Sheets;

/// <summary>How large everything on a sheet is; all of it follows from the pictures. All numbers are pixels.</summary>
internal sealed class SheetScale
{
    private readonly int _magnification;

    public SheetScale(ContactSheet sheet)
    {
        RgbImage[] images = [.. sheet.Rows.SelectMany(row => row).Select(cell => cell.Image).OfType<RgbImage>()];
        int width = images.Length == 0 ? sheet.MinCellSide : images.Max(image => image.Width);
        int height = images.Length == 0 ? sheet.MinCellSide : images.Max(image => image.Height);
        int side = Math.Max(width, height);
        _magnification = Math.Max(1, Math.Min((sheet.MinCellSide + side - 1) / side, sheet.MaxCellSide / side));
        double scale = Math.Min(_magnification, (double)sheet.MaxCellSide / side);
        CellWidth = Math.Max(1, (int)Math.Round(width * scale));
        CellHeight = Math.Max(1, (int)Math.Round(height * scale));
        Gap = Math.Clamp(CellWidth / 12, 10, 28);

        int type = Math.Clamp(Math.Max(CellWidth, CellHeight) / 18, 14, 26);
        TitleType = new Typesetter(semibold: true, type * 5 / 3);
        LabelType = new Typesetter(semibold: false, type);
        CaptionType = new Typesetter(semibold: false, Math.Max(13, type * 9 / 10));
    }

    public int CellWidth { get; }

    public int CellHeight { get; }

    /// <summary>Between cells.</summary>
    public int Gap { get; }

    /// <summary>Around the sheet.</summary>
    public int Margin => Gap * 5 / 2;

    /// <summary>From one column to the next.</summary>
    public int Pitch => CellWidth + Gap;

    public Typesetter TitleType { get; }

    public Typesetter LabelType { get; }

    public Typesetter CaptionType { get; }

    /// <summary>The picture as it is shown, no larger than a cell.</summary>
    public RgbImage Show(RgbImage image) => _magnification > 1 ? ImageResize.Magnify(image, _magnification) : ImageResize.Fit(image, CellWidth, CellHeight);
}
