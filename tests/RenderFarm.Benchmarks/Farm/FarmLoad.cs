using RenderFarm.Benchmarks.Schedule;
using RenderFarm.Imaging;
using RenderFarm.Imaging.Plots;
using RenderFarm.Testing;
using RenderFarm.Testing.Farm;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>The whole farm under load: real servers and processes, jobs over HTTP, and a verdict from outside.</summary>
internal static class FarmLoad
{
    private const int LatencySamples = 200;

    public static async Task<bool> RunAsync(LoadOptions options)
    {
        var results = new Results(pairs: 1);
        await using var services = await FarmServices.StartAsync(options);
        List<double> yardstick = [];
        if (options.Raw) yardstick.Add(await YardstickAsync(options, services));
        var farm = await services.StartFarmAsync(options);
        try
        {
            using var ledger = new Ledger(services.FileNamed("ledger"));
            using var load = new LoadGenerator(farm[0].Client.BaseAddress!, services.Record, ledger, options);
            await WaitForWorkerAsync(farm[0].Client);
            if (options.Million) await MillionAsync(results, load, farm[0]);
            else if (options.Fairness) await FairnessRun.RunAsync(results, options, load, services);
            else await LoadAsync(results, options, new Scene(services, farm, load, ledger), yardstick);
        }
        finally
        {
            foreach (var member in farm.Reverse()) await member.DisposeAsync();
        }

        return results.Write(options.Name);
    }

    private static async Task LoadAsync(Results results, LoadOptions options, Scene scene, List<double> yardstick)
    {
        var (services, farm, load, ledger) = scene;
        // The bare pipeline never starts from nothing, so the farm of a saturating run against it does not either.
        await load.RunAsync(TimeSpan.FromSeconds(options.WarmUp), drains: options.Renderer == "null" || options.Rate > 0);
        if (options.Renderer == "null") await UnloadedAsync(results, load, services);
        var (own, used) = (Environment.CpuUsage.TotalTime, farm.Select(member => member.ProcessorTime).ToArray());
        var transactions = await TransactionsAsync(services);
        var begin = TimeProvider.System.GetUtcNow();
        await load.RunAsync(TimeSpan.FromSeconds(options.Seconds));
        used = [.. farm.Select((member, i) => member.ProcessorTime - used[i])];
        own = Environment.CpuUsage.TotalTime - own;
        transactions = await TransactionsAsync(services) - transactions;
        if (yardstick.Count > 0)
        {
            // Idle, the farm costs the second half of the yardstick next to nothing; frozen, nothing at all.
            foreach (var member in farm) member.Freeze();
            yardstick.Add(await YardstickAsync(options, services));
            results.Note(YardstickName(options), "images/s", yardstick);
        }

        // The server counts a transaction up to a second late.
        var verdict = await Verdict.ReadAsync(ledger, services.Record, services.Store);
        results.Note("transactions of the record", "per image", [transactions / (double)Math.Max(1, verdict.Images.Count(image => image.Image.EndedAt >= begin))]);
        Judge(results, options, verdict, begin, used, own, yardstick);
        foreach (var complaints in farm.Select(member => Complaints(member.Log)).Where(text => text.Length > 0)) Console.WriteLine(complaints);
    }

    // What small objects must reach on two cores that they share with the servers and with the load; large ones are held against the hand-written path.
    private static double? LeastRate(LoadOptions options) => options switch
    {
        { Renderer: "null", Rate: 0, Store: "folder" } => 400,
        { Renderer: "null", Rate: 0, Store: "s3", Bytes: <= 5_000 } => 200,
        _ => null,
    };

    private static Task<double> YardstickAsync(LoadOptions options, FarmServices services) =>
        options.Renderer == "null" ? RawPath.RunAsync(options, services.Record, services.Broker, services.Store) : BarePipeline.RunAsync(options);

    private static string YardstickName(LoadOptions options) =>
        options.Renderer == "null" ? $"hand-written path, {options.InFlight} in flight, before and after" : "bare pipeline loop, before and after";

    // What is no line of everyday life, the latest of it.
    private static string Complaints(string log)
    {
        var lines = log.Split('\n').Where(line => line.Contains("warn:", StringComparison.Ordinal) || line.Contains("fail:", StringComparison.Ordinal)).ToList();
        return string.Join('\n', lines.TakeLast(20));
    }

    private sealed record Scene(FarmServices Services, IReadOnlyList<FarmMember> Farm, LoadGenerator Load, Ledger Ledger);

    private static void Judge(Results results, LoadOptions options, Verdict verdict, DateTimeOffset begin, TimeSpan[] used, TimeSpan own, List<double> yardstick)
    {
        var done = verdict.Images.Where(image => image.Image.EndedAt >= begin).ToList();
        var ends = done.Select(image => (image.Image.EndedAt!.Value - begin).TotalSeconds).Order().ToArray();
        var full = Math.Max(1, (int)Math.Min(options.Seconds, ends.LastOrDefault()));
        var rates = Enumerable.Range(0, full).Select(second => (double)ends.Count(end => end >= second && end < second + 1)).ToArray();
        var rate = rates.Average();
        var what = options.Renderer == "null" ? $"null renderer, {options.Bytes} bytes, {options.Store}" : $"demo checkpoint, {options.Store}";
        results.AtMost("images lost", "images", [verdict.Lost], 0);
        results.AtMost("images duplicated", "images", [verdict.Duplicated], 0);
        results.AtMost("images wrong", "images", [verdict.Wrong], 0);
        results.Note("images asked for, each read back", "images", [verdict.Asked]);
        if (LeastRate(options) is { } least) results.AtLeast($"farm, {what}, mean of {full} s", "images/s", [rate], least);
        else results.Note($"farm, {what}, mean of {full} s", "images/s", [rate]);
        results.Note($"farm, {what}, by the second", "images/s", rates);
        if (yardstick.Count > 0 && options is { Renderer: "null", Bytes: < 100_000 })
            results.Note($"farm ÷ {YardstickName(options)}", "ratio", [rate / yardstick.Average()]);
        else if (yardstick.Count > 0)
            results.AtLeast($"farm ÷ {YardstickName(options)}", "ratio", [rate / yardstick.Average()], options.Renderer == "null" ? 0.9 : 0.97);
        var cpu = used.Aggregate(TimeSpan.Zero, (sum, next) => sum + next).TotalMilliseconds / Math.Max(1, done.Count);
        if (options is { Renderer: "null", Store: "folder" }) results.AtMost("processor time of coordinator and worker", "ms/image", [cpu], 2);
        else results.Note("processor time of coordinator and worker", "ms/image", [cpu]);
        foreach (var (time, name) in used.Zip(["coordinator", "worker"]))
            results.Note($"processor time of the {name}", "ms/image", [time.TotalMilliseconds / Math.Max(1, done.Count)]);
        results.Note("processor time of the load generator", "ms/image", [own.TotalMilliseconds / Math.Max(1, done.Count)]);
        results.Note("submit to image, under this load", "s", done.Select(image => (image.Image.EndedAt!.Value - image.Entry.SentAt).TotalSeconds));
        Plot(options, rates, [.. done.OrderBy(image => image.Image.EndedAt).Select(image =>
            ((image.Image.EndedAt!.Value - begin).TotalSeconds, (image.Image.EndedAt!.Value - image.Entry.SentAt).TotalSeconds))]);
    }

    // One image at a time on an idle farm: from before the request is sent to the worker's first instruction.
    private static async Task UnloadedAsync(Results results, LoadGenerator load, FarmServices services)
    {
        var sent = new List<LedgerEntry>();
        for (var i = 0; i < LatencySamples; i++)
        {
            sent.Add(await load.SendAsync("single", 1));
            await load.DoneAsync(TimeSpan.FromMilliseconds(5));
        }

        var taken = await Starts.TakenAsync(services.Record);
        // The first ones meet cold code.
        var waits = sent.Skip(LatencySamples / 4).Select(entry => (taken[entry.Job!.Value] - entry.SentAt).TotalMilliseconds).Order().ToArray();
        results.AtMost("submit to the worker's first instruction, unloaded, p50", "ms", [RateSearch.Percentile(waits, 0.5)], 15);
        results.AtMost("submit to the worker's first instruction, unloaded, p99", "ms", [RateSearch.Percentile(waits, 0.99)], 60);
    }

    // The coordinator's peak memory counts all it ever had, so this run is one of its own.
    private static async Task MillionAsync(Results results, LoadGenerator load, FarmMember coordinator)
    {
        var begin = TimeProvider.System.GetTimestamp();
        await load.SendAsync("million", 1_000_000);
        results.AtMost("a job of 1,000,000 images accepted", "s", [TimeProvider.System.GetElapsedTime(begin).TotalSeconds], 10);
        results.AtMost("most memory of the process that accepted it", "MB", [coordinator.PeakMemory / 1e6], 200);
    }

    private static async Task<long> TransactionsAsync(FarmServices services)
    {
        await using var command = services.Record.CreateCommand("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static Task WaitForWorkerAsync(HttpClient farm) => WaitAsync(async () =>
        (await farm.GetStringAsync(new Uri("/v1/workers", UriKind.Relative))).Contains("\"active\"", StringComparison.Ordinal));

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
