using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

public sealed class ContactSheetTests
{
    private static readonly (byte Red, byte Green, byte Blue) s_paper = (250, 250, 248);

    [Fact]
    public void Tiny_pictures_are_magnified_to_crisp_squares()
    {
        RgbImage picture = Pictures.Noisy(64, 64);
        RgbImage sheet = new ContactSheet { Rows = [[new SheetCell(picture)]] }.Draw();
        const int Margin = 25;
        Assert.Equal((Margin + 128 + Margin, Margin + 128 + Margin), (sheet.Width, sheet.Height));
        for (int y = 0; y < 128; y++)
        {
            for (int x = 0; x < 128; x++)
                Assert.Equal(picture.At(x / 2, y / 2), sheet.At(Margin + x, Margin + y));
        }
    }

    [Fact]
    public void Large_pictures_are_shrunk_to_the_bound()
    {
        RgbImage sheet = new ContactSheet { Rows = [[new SheetCell(Pictures.Solid(1_024, 512, 9, 99, 199))]], MaxCellSide = 256 }.Draw();
        int blue = Enumerable.Range(0, sheet.Width * sheet.Height).Count(i => sheet.At(i % sheet.Width, i / sheet.Width) == (9, 99, 199));
        Assert.Equal(256 * 128, blue);
    }

    [Fact]
    public void Every_kind_of_label_takes_its_place()
    {
        IReadOnlyList<IReadOnlyList<SheetCell>> rows = [[Red(), Red()], [Red(), Red()]];
        RgbImage bare = new ContactSheet { Rows = rows }.Draw();
        RgbImage titled = new ContactSheet { Rows = rows, Title = "Samplers" }.Draw();
        RgbImage columns = new ContactSheet { Rows = rows, ColumnLabels = ["one", "two"] }.Draw();
        RgbImage labelled = new ContactSheet { Rows = rows, RowLabels = ["seed 1", "seed 2"] }.Draw();
        RgbImage captioned = new ContactSheet { Rows = [[Red() with { Caption = "below" }, Red()], [Red(), Red()]] }.Draw();

        Assert.True(titled.Height > bare.Height && Ink(titled, 0, titled.Height - bare.Height + 20) > 100);
        Assert.True(columns.Height > bare.Height && Ink(columns, 0, columns.Height - bare.Height + 20) > 40);
        Assert.True(labelled.Width > bare.Width && labelled.Height == bare.Height);
        Assert.True(captioned.Height > bare.Height && captioned.Width == bare.Width);
        Assert.Equal(0, Ink(bare, 0, 20));
    }

    [Fact]
    public void Labels_stay_within_their_column_however_long()
    {
        string endless = string.Concat(Enumerable.Repeat("a prompt without end ", 500)) + new string('w', 3_000);
        IReadOnlyList<IReadOnlyList<SheetCell>> rows = [[Red() with { Caption = endless }, Red() with { Caption = endless }]];
        RgbImage plain = new ContactSheet { Rows = rows }.Draw();
        RgbImage sheet = new ContactSheet { Rows = rows, Title = endless, Subtitle = endless, ColumnLabels = [endless, endless], RowLabels = [endless] }.Draw();
        Assert.InRange(sheet.Width - plain.Width, 100, 260);
        Assert.InRange(sheet.Height - plain.Height, 100, 260);
        Assert.All(Enumerable.Range(0, sheet.Height), y => Assert.Equal(s_paper, sheet.At(sheet.Width - 5, y)));
    }

    [Fact]
    public void Markup_control_characters_and_emoji_are_drawn_as_they_are()
    {
        RgbImage plain = new ContactSheet { Rows = [[Red()]], Title = "bold" }.Draw();
        RgbImage marked = new ContactSheet { Rows = [[Red()]], Title = "<b>bold</b> & \u0001\uFFFF 猫🐈 (a:1.2)" }.Draw();
        Assert.True(Ink(marked, 0, 60) > Ink(plain, 0, 60) + 100);
    }

    [Fact]
    public void Missing_picture_leaves_an_empty_frame()
    {
        RgbImage sheet = new ContactSheet { Rows = [[Red(), new SheetCell(null)]] }.Draw();
        Assert.Equal((250, 0, 0), sheet.At(25 + 64, 25 + 64));
        Assert.Equal((238, 238, 234), sheet.At(25 + 128 + 10 + 64, 25 + 64));
    }

    [Fact]
    public void Equal_sheets_are_equal_pixels_on_many_threads()
    {
        ContactSheet sheet = new() { Title = "Samplers", RowLabels = ["Euler"], ColumnLabels = ["4"], Rows = [[Red() with { Caption = "καφές" }]] };
        byte[] first = sheet.Draw().Pixels;
        byte[][] others = new byte[16][];
        Parallel.For(0, others.Length, i => others[i] = sheet.Draw().Pixels);
        Assert.All(others, other => Assert.Equal(first, other));
    }

    [Fact]
    public void Sheet_without_cells_is_refused() =>
        Assert.Throws<ArgumentException>(() => new ContactSheet { Rows = [[], []] }.Draw());

    [Fact]
    public void Sheet_beyond_the_bound_is_refused_with_the_way_out()
    {
        ContactSheet sheet = new() { Rows = ContactSheet.InColumns(Enumerable.Repeat(new SheetCell(Pictures.Solid(512, 512, 1, 1, 1)), 1_600), 40) };
        Assert.Contains("MaxCellSide", Assert.Throws<ArgumentException>(sheet.Draw).Message, StringComparison.Ordinal);
    }

    private static SheetCell Red() => new(Pictures.Solid(64, 64, 250, 0, 0));

    /// <summary>Pixels that are not paper in a band of the sheet.</summary>
    private static int Ink(RgbImage sheet, int top, int bottom) =>
        Enumerable.Range(top, bottom - top).Sum(y => Enumerable.Range(0, sheet.Width).Count(x => sheet.At(x, y) != s_paper));
}
