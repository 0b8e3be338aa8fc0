using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Commands;
using RenderFarm.Cli.Embedded;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Checkpoints;

/// <summary><c>renderfarm models</c>: lists the checkpoints that can be asked for.</summary>
internal sealed class CheckpointsCommand(CliEnvironment environment, Option<bool> verbose)
{
    private readonly Option<string[]?> checkpoints = EmbeddedOptions.Checkpoints();
    private readonly Option<bool> json = OptionFactory.Flag("--json", "Print the checkpoints as one JSON array.");
    private readonly ServerOption server = new();

    public Command Create()
    {
        var command = new DocumentedCommand(
            "models",
            "List the checkpoints of a farm or a folder; push, pull and remove those of a farm's store.",
            "renderfarm models",
            "renderfarm models --model /models/sd15",
            "renderfarm models --server http://127.0.0.1:8180");
        foreach (var option in (Option[])[checkpoints, json, server.Option]) command.Add(option);
        command.SetAction(RunAsync);
        var list = new DocumentedCommand("list", "List them, as the bare command does.", "renderfarm models list --server http://127.0.0.1:8180");
        foreach (var option in (Option[])[checkpoints, json, server.Option]) list.Add(option);
        list.SetAction(RunAsync);
        command.Add(list);
        foreach (var other in new CheckpointCommands(environment).Create()) command.Add(other);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var folders = line.GetValue(checkpoints) ?? [];
        // A folder named on the command line is here, whatever server the environment names.
        var address = folders.Length == 0 ? server.Find(line, environment) : null;
        var held = address is null
            ? await ReadHereAsync(folders, line.GetValue(verbose), stop)
            : await new FarmClient(environment.Connect(address), environment.Clock).GetCheckpointsAsync(stop);
        if (line.GetValue(json)) await environment.Out.WriteLineAsync(JsonSerializer.Serialize(held, ClientJson.Indented));
        else TextTable.Write(environment.Out, ["NAME", "SIZE", "STEPS", "SAMPLER", "GUIDANCE", "SHARES CALLS", "WORKERS", "STORED", "DIGEST"], [.. held.Select(Row)]);
        return ExitCodes.Done;
    }

    private async Task<IReadOnlyList<CheckpointView>> ReadHereAsync(IReadOnlyList<string> folders, bool shown, CancellationToken stop)
    {
        await using var farm = await environment.StartFarm(new EmbeddedFarmOptions { CheckpointFolders = folders, Verbose = shown }, stop);
        return await new FarmClient(farm.Client, environment.Clock).GetCheckpointsAsync(stop);
    }

    private static IReadOnlyList<string> Row(CheckpointView checkpoint) =>
    [
        checkpoint.Name + (checkpoint.IsDefault ? " (default)" : ""),
        string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Width}x{checkpoint.Height}"),
        checkpoint.Steps.ToString(CultureInfo.InvariantCulture),
        checkpoint.Sampler,
        checkpoint.GuidanceScale.ToString(CultureInfo.InvariantCulture),
        checkpoint.OneTimestepPerCall ? "at the same step" : "at any step",
        checkpoint.Workers.ToString(CultureInfo.InvariantCulture),
        checkpoint.StoredBytes is { } bytes ? TransferProgress.Bytes(bytes) : "",
        checkpoint.Digest,
    ];
}
