using RenderFarm.Coordinator.Simulation;
using RenderFarm.Imaging;
using RenderFarm.Imaging.Plots;

namespace RenderFarm.Cli.Simulation;

/// <summary>The picture of a simulation.</summary>
internal static class SimulationPlot
{
    /// <summary>A PNG: backlog, utilisation, and waiting by who waits.</summary>
    public static byte[] Draw(SimulationReport report)
    {
        var plot = new Plot
        {
            Panels =
            [
                new PlotPanel("Images waiting", "hour", [Line("images not yet dispatched", moment => moment.Waiting)]),
                new PlotPanel("Tenants with images waiting", "hour", [Line("tenants", moment => moment.TenantsWaiting)]),
                new PlotPanel("Work dispatched ÷ what the fleet can do", "hour", [Line("cost dispatched ÷ capacity", moment => moment.Utilisation)]),
                new PlotPanel("Submit to first UNet call of a job, seconds", "share of the jobs, %", [.. report.Waiting.Select(Percentiles)]) { IsYLogarithmic = true },
            ],
        };
        return ImageEncoder.Encode(plot.Draw(), ImageFileFormat.Png, null, ImageTexts.None);

        PlotLine Line(string name, Func<SimulatedMoment, double> value) => new(name, [.. report.Timeline.Select(moment => (moment.Hour, value(moment)))]);
    }

    private static PlotLine Percentiles(WaitingFigures figures)
    {
        var start = figures.FirstImageStart;
        return new PlotLine(figures.Who, [(5, start.P5), (50, start.P50), (95, start.P95), (99, start.P99), (100, start.Max)]);
    }
}
