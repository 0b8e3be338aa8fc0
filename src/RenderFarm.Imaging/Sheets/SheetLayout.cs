namespace RenderFarm.Imaging.Sheets;

/// <summary>Where everything on a contact sheet goes, and its drawing. All numbers are pixels.</summary>
internal sealed class SheetLayout
{
    private const int MinHeadingWidth = 360;
    private const int CaptionLines = 3;
    private const int ColumnLabelLines = 3;

    private static readonly Ink s_paper = new(250, 250, 248);
    private static readonly Ink s_headingInk = new(24, 26, 30);
    private static readonly Ink s_labelInk = new(60, 64, 70);
    private static readonly Ink s_quietInk = new(112, 117, 125);
    private static readonly Ink s_frame = new(222, 222, 218);
    private static readonly Ink s_missing = new(238, 238, 234);

    private readonly ContactSheet _sheet;
    private readonly SheetScale _scale;
    private readonly TextBlock[] _rowLabels;
    private readonly TextBlock[] _columnLabels;
    private readonly TextBlock[][] _captions;
    private readonly TextBlock _title;
    private readonly TextBlock _subtitle;
    private readonly int _left;
    private readonly int _gridWidth;

    public SheetLayout(ContactSheet sheet)
    {
        _sheet = sheet;
        _scale = new SheetScale(sheet);
        int columns = sheet.Rows.Max(row => row.Count);
        int labelWidth = Math.Clamp(_scale.CellWidth * 3 / 2, 150, 340);
        int labelLines = Math.Max(1, _scale.CellHeight / _scale.LabelType.LineHeight);
        _rowLabels = [.. sheet.Rows.Select((_, i) => _scale.LabelType.Set(sheet.RowLabels.ElementAtOrDefault(i), labelWidth, labelLines))];
        _columnLabels = [.. Enumerable.Range(0, columns).Select(i => _scale.LabelType.Set(sheet.ColumnLabels.ElementAtOrDefault(i), _scale.CellWidth, ColumnLabelLines, centred: true))];
        _captions = [.. sheet.Rows.Select(row => row.Select(cell => _scale.CaptionType.Set(cell.Caption, _scale.CellWidth, CaptionLines)).ToArray())];

        int widestLabel = _rowLabels.Max(label => label.Width);
        _left = _scale.Margin + (widestLabel == 0 ? 0 : widestLabel + (_scale.Gap * 3 / 2));
        _gridWidth = (columns * _scale.Pitch) - _scale.Gap;
        int headingWidth = Math.Max(_left - _scale.Margin + _gridWidth, MinHeadingWidth);
        _title = _scale.TitleType.Set(sheet.Title, headingWidth, 2);
        _subtitle = _scale.LabelType.Set(sheet.Subtitle, headingWidth, 2);
    }

    private int SubtitleTop => _scale.Margin + (_title.Lines * _scale.TitleType.LineHeight);

    private int HeadEnd => SubtitleTop + (_subtitle.Lines * _scale.LabelType.LineHeight);

    private int LabelsTop => HeadEnd + (HeadEnd > _scale.Margin ? _scale.Gap * 3 / 2 : 0);

    private int ColumnLines => _columnLabels.Max(label => label.Lines);

    private int GridTop => LabelsTop + (ColumnLines == 0 ? 0 : (ColumnLines * _scale.LabelType.LineHeight) + (_scale.Gap / 2));

    public RgbImage Draw()
    {
        int headingWidth = Math.Max(_title.Width, _subtitle.Width);
        int width = Math.Max(_left + _gridWidth, _scale.Margin + headingWidth) + _scale.Margin;
        long height = GridTop + Enumerable.Range(0, _sheet.Rows.Count).Sum(row => (long)RowHeight(row)) - _scale.Gap + _scale.Margin;
        if (width * height > ContactSheet.MaxPixels)
            throw new ArgumentException($"The contact sheet would have {width}×{height} pixels, more than {ContactSheet.MaxPixels} in all; lower MaxCellSide or show fewer cells.", nameof(ContactSheet.Rows));

        Canvas canvas = new(width, (int)height, s_paper);
        canvas.Draw(_title, _scale.Margin, _scale.Margin + _title.Top, s_headingInk);
        canvas.Draw(_subtitle, _scale.Margin, SubtitleTop + _subtitle.Top, s_quietInk);
        DrawColumnLabels(canvas);
        for (int row = 0, top = GridTop; row < _sheet.Rows.Count; top += RowHeight(row), row++)
            DrawRow(canvas, row, top);
        return canvas.ToImage();
    }

    /// <summary>Cells, captions and the space below them.</summary>
    private int RowHeight(int row)
    {
        int lines = _captions[row].Select(caption => caption.Lines).DefaultIfEmpty(0).Max();
        return _scale.CellHeight + _scale.Gap + (lines == 0 ? 0 : (lines * _scale.CaptionType.LineHeight) + _scale.Gap);
    }

    private void DrawColumnLabels(Canvas canvas)
    {
        for (int column = 0; column < _columnLabels.Length; column++)
        {
            TextBlock label = _columnLabels[column];
            int left = _left + (column * _scale.Pitch) + ((_scale.CellWidth - label.Width) / 2);
            canvas.Draw(label, left, LabelsTop + ((ColumnLines - label.Lines) * _scale.LabelType.LineHeight) + label.Top, s_labelInk);
        }
    }

    private void DrawRow(Canvas canvas, int row, int top)
    {
        TextBlock label = _rowLabels[row];
        canvas.Draw(label, _scale.Margin, top + ((_scale.CellHeight - (label.Lines * _scale.LabelType.LineHeight)) / 2) + label.Top, s_labelInk);
        for (int column = 0; column < _sheet.Rows[row].Count; column++)
        {
            int left = _left + (column * _scale.Pitch);
            DrawPicture(canvas, _sheet.Rows[row][column].Image, left, top);
            TextBlock caption = _captions[row][column];
            canvas.Draw(caption, left, top + _scale.CellHeight + (_scale.Gap / 2) + caption.Top, s_quietInk);
        }
    }

    private void DrawPicture(Canvas canvas, RgbImage? image, int left, int top)
    {
        RgbImage? shown = image is null ? null : _scale.Show(image);
        int width = shown?.Width ?? _scale.CellWidth, height = shown?.Height ?? _scale.CellHeight;
        left += (_scale.CellWidth - width) / 2;
        top += (_scale.CellHeight - height) / 2;
        // A frame one pixel wide keeps pictures with a light background apart from the paper.
        canvas.Fill(left - 1, top - 1, width + 2, height + 2, s_frame);
        if (shown is null)
            canvas.Fill(left, top, width, height, s_missing);
        else
            canvas.Draw(shown, left, top);
    }
}
