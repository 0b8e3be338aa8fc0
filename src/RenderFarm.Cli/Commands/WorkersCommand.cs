using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm workers</c>: lists a farm's workers with what they hold and why some get nothing, and below them what their devices can do.</summary>
internal sealed class WorkersCommand(CliEnvironment environment)
{
    private readonly Option<bool> json = OptionFactory.Flag("--json", "Print the workers as one JSON array.");
    private readonly ServerOption server = new();

    public Command Create()
    {
        var command = new DocumentedCommand("workers", "List the workers of a farm.", "renderfarm workers --server http://127.0.0.1:8180");
        command.Add(json);
        command.Add(server.Option);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var workers = await server.Connect(line, environment).GetWorkersAsync(stop);
        if (line.GetValue(json)) await environment.Out.WriteLineAsync(JsonSerializer.Serialize(workers, ClientJson.Indented));
        else await WriteAsync(workers);
        return ExitCodes.Done;
    }

    private async Task WriteAsync(IReadOnlyList<WorkerView> workers)
    {
        TextTable.Write(environment.Out, ["WORKER", "STATUS", "DEVICES", "HELD", "SEEN", "NOTE"], [.. workers.Select(Row)]);
        List<IReadOnlyList<string>> devices = [.. workers.SelectMany(worker => worker.Devices.Where(SaysMore).Select(device => Row(worker, device)))];
        if (devices.Count == 0) return;
        await environment.Out.WriteLineAsync();
        TextTable.Write(environment.Out, ["WORKER", "DEVICE", "RUNS ON", "CLASS", "MEMORY", "MOST PIXELS", "LOADED", "IMAGES/S BY ROWS"], devices);
    }

    private static IReadOnlyList<string> Row(WorkerView worker) =>
    [
        worker.Name,
        worker.Status,
        string.Join(",", worker.Devices.Select(device => device.Device)),
        worker.Devices.Sum(device => device.Held).ToString(CultureInfo.InvariantCulture),
        worker.LastSeenAt.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        Note(worker),
    ];

    private static bool SaysMore(DeviceView device) =>
        device.Provider is not null || device.Determinism is not null || device.MemoryBytes is not null || device.PixelsPerImage is not null
        || device.Resident is not null || device.Speeds is not null;

    private static IReadOnlyList<string> Row(WorkerView worker, DeviceView device) =>
    [
        worker.Name,
        device.Device,
        device.Provider ?? "-",
        device.Determinism ?? "-",
        device.MemoryBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GiB") : "-",
        device.PixelsPerImage is { } pixels ? pixels.ToString("N0", CultureInfo.InvariantCulture) : "any",
        device.Resident is { } resident ? string.Join(",", resident.Select(checkpoint => checkpoint.Name ?? TextTable.OneLine(checkpoint.Digest, 20))) : "-",
        device.Speeds is { } speeds ? string.Join(", ", speeds.Select(speed => string.Create(CultureInfo.InvariantCulture, $"{speed.Rows}: {speed.ImagesPerSecond:G3}"))) : "-",
    ];

    private static string Note(WorkerView worker) =>
        worker.DrainedAt is not null ? "drained"
        : worker.Quarantine is { } quarantine ? "quarantine: " + TextTable.OneLine(quarantine.Reason, 100)
        : "";
}
