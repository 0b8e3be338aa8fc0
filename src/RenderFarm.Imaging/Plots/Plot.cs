using RenderFarm.Imaging.Sheets;

namespace RenderFarm.Imaging.Plots;

/// <summary>One line of a panel.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points, in order of x. Points that a logarithmic axis cannot show are left out.</param>
public sealed record PlotLine(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>One pair of axes with lines.</summary>
/// <param name="Title">What stands above it.</param>
/// <param name="XName">Name and unit of the axis to the right.</param>
/// <param name="Lines">At least one line; eight have colours of their own.</param>
public sealed record PlotPanel(string Title, string XName, IReadOnlyList<PlotLine> Lines)
{
    /// <summary>Whether the axis to the right is logarithmic.</summary>
    public bool IsXLogarithmic { get; init; }

    /// <summary>Whether the upward axis is logarithmic; else it begins at 0.</summary>
    public bool IsYLogarithmic { get; init; }
}

/// <summary>Line plots, panels below each other: what measurements publish.</summary>
/// <remarks>Limitations: no markers, no bars, no text in the picture but titles, ticks and legends.</remarks>
public sealed class Plot
{
    private const int Width = 900, PanelHeight = 320, Left = 80, Right = 20, Top = 40, Bottom = 50;
    private static readonly Ink Black = new(0x20, 0x20, 0x20), Grey = new(0xDD, 0xDD, 0xDD);

    // Okabe and Ito 2008: colours that most colour-blind people can tell apart.
    private static readonly Ink[] Inks =
    [
        new(0x00, 0x72, 0xB2), new(0xD5, 0x5E, 0x00), new(0x00, 0x9E, 0x73), new(0xCC, 0x79, 0xA7),
        new(0xE6, 0x9F, 0x00), new(0x56, 0xB4, 0xE9), new(0x60, 0x60, 0x60), new(0x99, 0x33, 0x33),
    ];

    private readonly Typesetter _heading = new(semibold: true, 16);
    private readonly Typesetter _text = new(semibold: false, 12);

    /// <summary>The panels, from above.</summary>
    public required IReadOnlyList<PlotPanel> Panels { get; init; }

    /// <summary>Draws the plot, 900 pixels wide and 320 a panel.</summary>
    public RgbImage Draw()
    {
        var canvas = new Canvas(Width, PanelHeight * Panels.Count, new Ink(0xFF, 0xFF, 0xFF));
        for (var i = 0; i < Panels.Count; i++) Draw(canvas, Panels[i], i * PanelHeight);
        return canvas.ToImage();
    }

    private void Draw(Canvas canvas, PlotPanel panel, int top)
    {
        var points = panel.Lines.SelectMany(line => line.Points).ToList();
        var x = PlotAxis.Over(points.Select(point => point.X), panel.IsXLogarithmic, Left, Width - Right);
        var y = PlotAxis.Over(points.Select(point => point.Y), panel.IsYLogarithmic, top + PanelHeight - Bottom, top + Top);
        Say(canvas, _heading, panel.Title, Left, top + 8, Black);
        foreach (var (value, label) in x.Ticks())
        {
            canvas.Fill(x.Place(value), top + Top, 1, PanelHeight - Top - Bottom, Grey);
            Say(canvas, _text, label, x.Place(value) - 8, top + PanelHeight - Bottom + 6, Black);
        }

        foreach (var (value, label) in y.Ticks())
        {
            canvas.Fill(Left, y.Place(value), Width - Left - Right, 1, Grey);
            Say(canvas, _text, label, 12, y.Place(value) - 9, Black);
        }

        Say(canvas, _text, panel.XName, Left + 300, top + PanelHeight - 24, Black);
        for (var i = 0; i < panel.Lines.Count; i++) Draw(canvas, panel.Lines[i], Inks[i % Inks.Length], x, y);
        Legend(canvas, panel, top);
    }

    private void Legend(Canvas canvas, PlotPanel panel, int top)
    {
        for (var i = 0; i < panel.Lines.Count; i++)
        {
            var height = top + Top + 6 + (i * _text.LineHeight);
            canvas.Fill(Left + 12, height + 8, 18, 3, Inks[i % Inks.Length]);
            Say(canvas, _text, panel.Lines[i].Name, Left + 38, height, Black);
        }
    }

    private static void Draw(Canvas canvas, PlotLine line, Ink ink, PlotAxis x, PlotAxis y)
    {
        var shown = line.Points.Where(point => x.Shows(point.X) && y.Shows(point.Y)).Select(point => (X: x.Place(point.X), Y: y.Place(point.Y))).ToList();
        for (var i = 1; i < shown.Count; i++)
        {
            var (from, to) = (shown[i - 1], shown[i]);
            var dots = Math.Max(1, Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y)));
            for (var dot = 0; dot <= dots; dot++)
                canvas.Fill(from.X + ((to.X - from.X) * dot / dots), from.Y + ((to.Y - from.Y) * dot / dots), 2, 2, ink);
        }
    }

    private static void Say(Canvas canvas, Typesetter typesetter, string text, int left, int top, Ink ink)
    {
        var block = typesetter.Set(text, Width - left, 1);
        canvas.Draw(block, left, top + block.Top, ink);
    }
}
