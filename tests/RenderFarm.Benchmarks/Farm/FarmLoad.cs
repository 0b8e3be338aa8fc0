using RenderFarm.Benchmarks.Schedule;
using RenderFarm.Imaging;
using RenderFarm.Imaging.Plots;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>The whole farm under load: real servers and processes, jobs over HTTP, and a verdict from outside.</summary>
internal static class FarmLoad
{
    private const int LatencySamples = 200;

    public static async Task<bool> RunAsync(LoadOptions options)
    {
        var results = new Results(pairs: 1);
        await using var services = await FarmServices.StartAsync(options);
        var raw = 0.0;
        if (options.Raw)
        {
            var (images, seconds) = await RawPath.RunAsync(options, services.Record, services.Broker!, services.Store);
            raw = images / seconds;
            results.Note($"hand-written path, {options.InFlight} in flight", "images/s", [raw]);
        }

        var processes = new List<FarmProcess>();
        try
        {
            foreach (var role in options.Bus == "memory" ? ["both"] : new[] { "coordinator", "worker" })
                processes.Add(await FarmProcess.StartAsync(services.Settings(options, role)));
            using var ledger = new Ledger(services.FileNamed("ledger"));
            using var load = new LoadGenerator(processes[0].Address, services.Record, ledger, options);
            await WaitForWorkerAsync(processes[0].Address);
            if (options.Fairness || options.Million)
            {
                if (options.Million) await MillionAsync(results, load, processes[0]);
                else await FairnessRun.RunAsync(results, options, load, services);
                return results.Write(options.Name);
            }

            if (options.Renderer == "null") await UnloadedAsync(results, load, services);
            var (own, used) = (Environment.CpuUsage.TotalTime, processes.Select(process => process.Processor).ToArray());
            var transactions = await TransactionsAsync(services);
            var begin = TimeProvider.System.GetUtcNow();
            await load.RunAsync();
            used = [.. processes.Select((process, i) => process.Processor - used[i])];
            own = Environment.CpuUsage.TotalTime - own;
            // The server counts a transaction up to a second late.
            var verdict = await Verdict.ReadAsync(ledger, services.Record, services.Store);
            results.Note("transactions of the record", "per image", [(await TransactionsAsync(services) - transactions) / (double)Math.Max(1, verdict.Asked)]);
            Judge(results, options, verdict, begin, used, own, raw);
            foreach (var complaint in processes.Select(process => process.Complaints).Where(text => text.Length > 0)) Console.WriteLine(complaint);
        }
        finally
        {
            foreach (var process in Enumerable.Reverse(processes)) await process.DisposeAsync();
        }

        return results.Write(options.Name);
    }

    private static void Judge(Results results, LoadOptions options, Verdict verdict, DateTimeOffset begin, TimeSpan[] used, TimeSpan own, double raw)
    {
        var done = verdict.Images.Where(image => image.Entry.SentAt >= begin && image.Image.EndedAt is not null).ToList();
        var ends = done.Select(image => (image.Image.EndedAt!.Value - begin).TotalSeconds).Order().ToArray();
        var full = Math.Max(1, (int)Math.Min(options.Seconds, ends.LastOrDefault()));
        var rates = Enumerable.Range(0, full).Select(second => (double)ends.Count(end => end >= second && end < second + 1)).ToArray();
        var rate = rates.Average();
        var what = $"{options.Renderer} renderer, {options.Bytes} bytes, {options.Store}, {options.Bus}";
        results.AtMost("images lost", "images", [verdict.Lost], 0);
        results.AtMost("images duplicated", "images", [verdict.Duplicated], 0);
        results.AtMost("images wrong", "images", [verdict.Wrong], 0);
        results.Note("images asked for, each read back", "images", [verdict.Asked]);
        results.Note($"farm, {what}, mean of {full} s", "images/s", [rate]);
        results.Note($"farm, {what}, by the second", "images/s", rates);
        if (raw > 0) results.AtLeast("farm ÷ hand-written path, images/s", "ratio", [rate / raw], 0.9);
        var cpu = used.Aggregate(TimeSpan.Zero, (sum, next) => sum + next).TotalMilliseconds / Math.Max(1, done.Count);
        results.AtMost("processor time of coordinator and worker", "ms/image", [cpu], 2);
        foreach (var (time, i) in used.Select((time, i) => (time, i)))
            results.Note($"processor time of process {i + 1} of {used.Length}", "ms/image", [time.TotalMilliseconds / Math.Max(1, done.Count)]);
        results.Note("processor time of the load generator", "ms/image", [own.TotalMilliseconds / Math.Max(1, done.Count)]);
        results.Note("submit to image, under this load", "s", done.Select(image => (image.Image.EndedAt!.Value - image.Entry.SentAt).TotalSeconds));
        Plot(options, rates, [.. done.OrderBy(image => image.Image.EndedAt).Select(image =>
            ((image.Image.EndedAt!.Value - begin).TotalSeconds, (image.Image.EndedAt!.Value - image.Entry.SentAt).TotalSeconds))]);
    }

    // One image at a time on an idle farm: from before the request is sent to the renderer's first instruction.
    private static async Task UnloadedAsync(Results results, LoadGenerator load, FarmServices services)
    {
        var sent = new Dictionary<long, DateTimeOffset>();
        for (var i = 0; i < LatencySamples; i++)
        {
            var entry = await load.SendAsync("single", 1);
            sent[entry.Seed] = entry.SentAt;
            await WaitAsync(async () => (await StartsAsync(services)).Count > i);
        }

        var starts = await StartsAsync(services);
        // The first ones meet cold code.
        var waits = sent.Where(entry => entry.Key >= LatencySamples / 4).Select(entry => (new DateTimeOffset(starts[entry.Key], TimeSpan.Zero) - entry.Value).TotalMilliseconds).Order().ToArray();
        results.AtMost("submit to the renderer's first instruction, unloaded, p50", "ms", [RateSearch.Percentile(waits, 0.5)], 15);
        results.AtMost("submit to the renderer's first instruction, unloaded, p99", "ms", [RateSearch.Percentile(waits, 0.99)], 60);
    }

    // The coordinator's peak memory counts all it ever had, so this run is one of its own.
    private static async Task MillionAsync(Results results, LoadGenerator load, FarmProcess coordinator)
    {
        var begin = TimeProvider.System.GetTimestamp();
        await load.SendAsync("million", 1_000_000);
        results.AtMost("a job of 1,000,000 images accepted", "s", [TimeProvider.System.GetElapsedTime(begin).TotalSeconds], 10);
        results.AtMost("most memory of the process that accepted it", "MB", [coordinator.PeakMemory / 1e6], 200);
    }

    /// <summary>When the first instruction of each image ran: UTC ticks by seed.</summary>
    public static async Task<Dictionary<long, long>> StartsAsync(FarmServices services)
    {
        await using var file = new FileStream(services.FileNamed("starts"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var starts = new Dictionary<long, long>();
        foreach (var line in (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is [var seed, var ticks] && ticks.Length == 18) starts.TryAdd(long.Parse(seed), long.Parse(ticks));
        }

        return starts;
    }

    private static async Task<long> TransactionsAsync(FarmServices services)
    {
        await using var command = services.Record.CreateCommand("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task WaitForWorkerAsync(Uri farm)
    {
        using var client = new HttpClient { BaseAddress = farm };
        await WaitAsync(async () => (await client.GetStringAsync(new Uri("/v1/workers", UriKind.Relative))).Contains("\"active\"", StringComparison.Ordinal));
    }

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(begin) > TimeSpan.FromSeconds(60)) throw new TimeoutException("The farm did not get there within a minute.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static void Plot(LoadOptions options, double[] rates, (double Second, double Latency)[] images)
    {
        var bySecond = images.GroupBy(image => Math.Floor(image.Second)).OrderBy(group => group.Key)
            .Select(group => (Second: group.Key, Sorted: group.Select(image => image.Latency).Order().ToArray())).ToList();
        PlotLine Line(string name, double share) => new(name, [.. bySecond.Select(second => (second.Second, RateSearch.Percentile(second.Sorted, share)))]);
        var plot = new Plot
        {
            Panels =
            [
                new PlotPanel("Images a second", "second", [new PlotLine("done", [.. rates.Select((rate, second) => ((double)second, rate))])]),
                new PlotPanel("Submit to image, seconds, by the second it was done", "second", [Line("p50", 0.5), Line("p95", 0.95), Line("p99", 0.99)]),
            ],
        };
        File.WriteAllBytes(
            Repository.PathTo("tests", "RenderFarm.Benchmarks", "results", options.Name + ".png"),
            ImageEncoder.Encode(plot.Draw(), ImageFileFormat.Png, null, ImageTexts.None));
    }
}
