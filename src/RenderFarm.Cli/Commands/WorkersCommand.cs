using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm workers</c>: lists a farm's workers with what they hold and why some get nothing.</summary>
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
        else TextTable.Write(environment.Out, ["WORKER", "STATUS", "DEVICES", "HELD", "SEEN", "NOTE"], [.. workers.Select(Row)]);
        return ExitCodes.Done;
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

    private static string Note(WorkerView worker) =>
        worker.DrainedAt is not null ? "drained"
        : worker.Quarantine is { } quarantine ? "quarantine: " + TextTable.OneLine(quarantine.Reason, 100)
        : "";
}
