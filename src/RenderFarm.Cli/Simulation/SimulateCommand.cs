using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Commands;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Coordinator.Simulation;

namespace RenderFarm.Cli.Simulation;

/// <summary><c>renderfarm simulate</c>: a day of a large farm under virtual time, with the farm's own selection classes.</summary>
internal sealed class SimulateCommand(CliEnvironment environment)
{
    private const int EngineSlots = 8;
    private static readonly FarmSimulationOptions Defaults = new();
    private readonly Option<int?> workers = Number("--workers", "Workers, one device each, of three speeds.", 1, 100_000, Defaults.Workers);
    private readonly Option<int?> tenants = Number("--tenants", "Tenants, whose demand follows Zipf's law.", 1, 1_000_000, Defaults.Tenants);
    private readonly Option<int?> images = Number("--images-per-day", "Images asked for per day.", 1, 100_000_000, Defaults.ImagesPerDay);
    private readonly Option<double?> hours = Number("--hours", "Virtual hours in which jobs arrive.", 0.1, 168, Defaults.Hours);
    private readonly Option<double?> load = Number("--load", "Work asked for ÷ what the fleet can do; sets the devices' speed.", 0.01, 2, Defaults.Load);
    private readonly Option<int?> seed = Number("--seed", "Seed of all draws.", 0, int.MaxValue, Defaults.Seed);
    private readonly Option<string?> output = OptionFactory.Text("--out", "NAME", "Write NAME.json and NAME.png.");
    private readonly Option<bool> json = OptionFactory.Flag("--json", "Print the whole report as JSON.");

    public Command Create()
    {
        var command = new DocumentedCommand(
            "simulate",
            "Simulate a day of a large farm: who waits how long, who gets what share.",
            "renderfarm simulate --workers 1000 --tenants 1000 --images-per-day 1700000 --out day",
            "The same options give the same report. Nothing fails in it, and messages take no time.");
        foreach (var option in (Option[])[workers, tenants, images, hours, load, seed, output, json]) command.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var options = new FarmSimulationOptions
        {
            Workers = line.GetValue(workers) ?? Defaults.Workers,
            Tenants = line.GetValue(tenants) ?? Defaults.Tenants,
            ImagesPerDay = line.GetValue(images) ?? Defaults.ImagesPerDay,
            Hours = line.GetValue(hours) ?? Defaults.Hours,
            Load = line.GetValue(load) ?? Defaults.Load,
            Seed = line.GetValue(seed) ?? Defaults.Seed,
        };
        var clock = Stopwatch.GetTimestamp();
        var report = await new FarmSimulation(options, () => new EngineTurns(EngineSlots)).RunAsync(null, stop);
        var text = JsonSerializer.Serialize(report, ClientJson.Indented);
        if (line.GetValue(output) is { } name)
        {
            await File.WriteAllTextAsync(name + ".json", text + "\n", stop);
            await File.WriteAllBytesAsync(name + ".png", SimulationPlot.Draw(report), stop);
        }

        if (line.GetValue(json)) await environment.Out.WriteLineAsync(text);
        else Print(report, Stopwatch.GetElapsedTime(clock));
        return ExitCodes.Done;
    }

    private void Print(SimulationReport report, TimeSpan elapsed)
    {
        Say($"{report.Images} images of {report.Jobs} jobs in {report.Hours:0.##} virtual hours, simulated in {elapsed.TotalSeconds:0.#} s.");
        Say($"In a call: {string.Join(", ", report.KindUtilisation.Select(kind => FormattableString.Invariant($"{kind.Key} {kind.Value:P0}")))}.");
        TextTable.Write(
            environment.Out,
            ["WAITING FOR THE FIRST UNET CALL, SECONDS", "JOBS", "P50", "P95", "P99", "MAX"],
            [.. report.Waiting.Select(row => (IReadOnlyList<string>)[row.Who, Text(row.FirstImageStart.Count), Text(row.FirstImageStart.P50), Text(row.FirstImageStart.P95), Text(row.FirstImageStart.P99), Text(row.FirstImageStart.Max)])]);
        foreach (var share in report.ClassShares) Say($"Share of priority {share.Who} while all three waited: {share.Share:0.000}, by weight {share.Weight:0.000}.");
        var fair = report.TenantShares;
        Say($"Tenants waiting side by side got, of an equal share: p5 {fair.P5:0.00}, p50 {fair.P50:0.00}, p95 {fair.P95:0.00} ({fair.Count} ten-minute windows).");
    }

    private void Say(FormattableString text) => environment.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static Option<T?> Number<T>(string name, string description, T min, T max, T fallback)
        where T : struct, System.Numerics.INumber<T> =>
        OptionFactory.Number(name, string.Create(CultureInfo.InvariantCulture, $"{description} [default: {fallback}]"), min, max);
}
