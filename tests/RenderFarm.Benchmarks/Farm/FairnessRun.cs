using RenderFarm.Benchmarks.Schedule;
using RenderFarm.Imaging;
using RenderFarm.Imaging.Plots;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>
/// One tenant queues 10,000 images; then another sends single images, one after another. What the second waits is what the first costs it. Needs a renderer that
/// takes time; the farm is left with its backlog at the end.
/// </summary>
internal static class FairnessRun
{
    private const int Backlog = 10_000;
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Results results, LoadOptions options, LoadGenerator load, FarmServices services)
    {
        if (options.Milliseconds == 0) throw new ArgumentException("--fairness needs --milliseconds above 0: images that take no time wait for nobody.");
        var image = options.Milliseconds / 1_000.0;
        var many = await load.SendAsync("many", Backlog);
        await Task.Delay(HeadStart, TimeProvider.System);
        var waits = new List<(double Second, double Wait)>();
        var begin = TimeProvider.System.GetUtcNow();
        while (TimeProvider.System.GetUtcNow() - begin < TimeSpan.FromSeconds(options.Seconds))
        {
            var entry = await load.SendAsync("single", 1);
            var started = await StartedAsync(services, entry.Job!.Value);
            waits.Add(((entry.SentAt - begin).TotalSeconds, (started - entry.SentAt).TotalSeconds));
        }

        var sorted = waits.Select(wait => wait.Wait).Order().ToArray();
        results.Note("image time", "s", [image]);
        results.Note($"single images of another tenant behind {Backlog} queued ones: submit to first instruction", "s", sorted);
        results.AtMost("the same, p95 ÷ image time", "ratio", [RateSearch.Percentile(sorted, 0.95) / image], 1.25);
        var others = (await Starts.HeardAsync(services.Record, many.Job!.Value)).Select(start => (start - begin).TotalSeconds).ToArray();
        results.Note("images of the tenant with the backlog meanwhile", "images/s", [others.Count(second => second >= 0) / others.Max()]);
        Plot(options, image, [.. waits], others);
    }

    private static async Task<DateTimeOffset> StartedAsync(FarmServices services, Guid job)
    {
        while (true)
        {
            if (await Starts.HeardAsync(services.Record, job) is [var started]) return started;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static void Plot(LoadOptions options, double image, (double Second, double Wait)[] waits, double[] others)
    {
        var bySecond = others.Where(second => second >= 0).GroupBy(Math.Floor).OrderBy(second => second.Key).Select(second => (second.Key, (double)second.Count()));
        var plot = new Plot
        {
            Panels =
            [
                new PlotPanel("Wait of single images behind another tenant's 10,000, seconds", "second", [
                    new PlotLine("submit to first instruction", waits),
                    new PlotLine("time of one image", [(0, image), (waits[^1].Second, image)]),
                ]),
                new PlotPanel("Images started of the tenant with the backlog", "second", [new PlotLine("a second", [.. bySecond])]),
            ],
        };
        File.WriteAllBytes(
            Repository.PathTo("tests", "RenderFarm.Benchmarks", "results", options.Name + ".png"),
            ImageEncoder.Encode(plot.Draw(), ImageFileFormat.Png, null, ImageTexts.None));
    }
}
