using System.Globalization;
using System.Text;

namespace RenderFarm.Benchmarks.Schedule;

/// <summary>Latency against rate, one line a policy, as SVG.</summary>
/// <param name="title">What stands above.</param>
/// <param name="maxRate">Right end, images a second.</param>
/// <param name="maxLatency">Upper end, seconds; lines end where they leave the picture.</param>
/// <param name="bound">Latency bound, drawn across.</param>
internal sealed class LatencyPlot(string title, double maxRate, double maxLatency, double bound)
{
    private const int Width = 640, Height = 400, Left = 60, Top = 40, Right = 20, Bottom = 50;
    private static readonly string[] Colours = ["#888888", "#d08020", "#3070c0", "#c02040", "#208040"];
    private readonly StringBuilder _lines = new();
    private int _count;

    /// <summary>Adds a line.</summary>
    public void Add(string name, (double Rate, double Latency)[] points)
    {
        var colour = Colours[_count % Colours.Length];
        var inside = points.TakeWhile(point => point.Latency <= maxLatency);
        var path = string.Join(' ', inside.Select(point => F($"{X(point.Rate):F1},{Y(point.Latency):F1}")));
        _lines.AppendLine(F($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"));
        _lines.AppendLine(F($"<text x=\"{Left + 12}\" y=\"{Top + 18 + (18 * _count++)}\" fill=\"{colour}\">{name}</text>"));
    }

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        var svg = new StringBuilder();
        svg.AppendLine(F($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"13\">"));
        svg.AppendLine(F($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>"));
        svg.AppendLine(F($"<text x=\"{Left}\" y=\"22\" font-size=\"15\">{title}: 99th percentile of latency (s) by arrivals (images/s)</text>"));
        for (var rate = 0; rate <= maxRate; rate++)
            svg.AppendLine(F($"<text x=\"{X(rate):F1}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{rate}</text>"));
        for (var latency = 0.0; latency <= maxLatency; latency += maxLatency / 4)
        {
            svg.AppendLine(F($"<text x=\"{Left - 8}\" y=\"{Y(latency) + 4:F1}\" text-anchor=\"end\">{latency}</text>"));
            svg.AppendLine(Line(latency, "#dddddd", ""));
        }

        svg.AppendLine(Line(bound, "#000000", " stroke-dasharray=\"4 4\""));
        return svg.Append(_lines).AppendLine("</svg>").ToString();
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private double X(double rate) => Left + ((Width - Left - Right) * rate / maxRate);

    private double Y(double latency) => Height - Bottom - ((Height - Top - Bottom) * latency / maxLatency);

    private string Line(double latency, string colour, string style) =>
        F($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(latency):F1}\" y2=\"{Y(latency):F1}\" stroke=\"{colour}\"{style}/>");
}
