using System.CommandLine;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Commands;
using RenderFarm.Cli.Options;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Hosting.Checkpoints;

namespace RenderFarm.Cli.Checkpoints;

/// <summary><c>renderfarm models push|pull|remove</c>: checkpoints to and from a farm's store.</summary>
internal sealed class CheckpointCommands(CliEnvironment environment)
{
    private readonly Argument<string> folder = new("FOLDER") { Description = "An ONNX folder in the diffusers layout." };
    private readonly Argument<string> target = new("FOLDER") { Description = "Where the files go; made when missing." };
    private readonly Argument<string> model = new("NAME|DIGEST") { Description = "A checkpoint of the farm's store." };
    private readonly Option<string?> name = OptionFactory.Text("--name", "NAME", "What jobs call it. [default: the checkpoint's own name]");
    private readonly Option<bool> json = OptionFactory.Flag("--json", "Print the result as JSON.");
    private readonly ServerOption server = new();

    /// <summary>The three subcommands.</summary>
    public IEnumerable<Command> Create()
    {
        yield return Make("push", "Send a checkpoint to the farm's store, from which workers fetch it.", PushAsync, [folder], [name, json],
            "renderfarm models push /models/sd15 --name sd15 --server http://127.0.0.1:8180", "",
            "What the farm has is not sent again: a push that broke off goes on when it is repeated, and revisions share what they have in common.");
        yield return Make("pull", "Fetch a checkpoint from the farm's store into a folder.", PullAsync, [model, target], [],
            "renderfarm models pull sd15 /models/sd15 --server http://127.0.0.1:8180", "", "Every file is compared with its digest. What is there already is kept.");
        yield return Make("remove", "Take a checkpoint out of the farm's store.", RemoveAsync, [model], [],
            "renderfarm models remove sd15 --server http://127.0.0.1:8180", "", "Workers that have fetched it keep it until they need its place.");
    }

    private DocumentedCommand Make(
        string verb, string description, Func<ParseResult, CancellationToken, Task<int>> run, Argument[] arguments, Option[] options, params string[] notes)
    {
        var command = new DocumentedCommand(verb, description, notes);
        foreach (var argument in arguments) command.Add(argument);
        foreach (var option in options) command.Add(option);
        command.Add(server.Option);
        command.SetAction(run);
        return command;
    }

    private async Task<int> PushAsync(ParseResult line, CancellationToken stop)
    {
        var farm = Connect(line);
        var path = line.GetRequiredValue(folder);
        var isSilent = line.GetValue(json);
        var reading = new TransferProgress("read", environment, isSilent);
        reading.Expect(CheckpointFolder.Bytes(path));
        var manifest = await CheckpointFolder.ReadAsync(path, reading.Advance, stop);
        var called = line.GetValue(name) ?? manifest.Description.Name;
        if (!CheckpointRules.IsName(called))
            throw new CommandException(ExitCodes.WrongUse, $"--name '{called}': allowed is {CheckpointRules.AllowedName}.", line.GetValue(name) is null ? "The checkpoint's own name is none; give --name." : null);
        var view = await new CheckpointPush(farm, path, manifest).RunAsync(called, new TransferProgress("sent", environment, isSilent), stop);
        await environment.Out.WriteLineAsync(isSilent ? JsonSerializer.Serialize(view, ClientJson.Indented) : $"{view.Name} {view.Digest} {TransferProgress.Bytes(view.SizeBytes)}");
        return ExitCodes.Done;
    }

    private async Task<int> PullAsync(ParseResult line, CancellationToken stop)
    {
        var farm = Connect(line);
        var manifest = await farm.ManifestAsync(line.GetRequiredValue(model), stop);
        var progress = new TransferProgress("fetched", environment, isSilent: false);
        progress.Expect(manifest.Bytes());
        try
        {
            await new CheckpointFetcher(farm.OpenBlobAsync).FetchAsync(manifest, Path.GetFullPath(line.GetRequiredValue(target)), progress.Advance, stop);
        }
        catch (CheckpointTransferException error)
        {
            throw new CommandException(ExitCodes.Failed, error.Message, null, error);
        }

        await environment.Out.WriteLineAsync(manifest.Digest());
        return ExitCodes.Done;
    }

    private async Task<int> RemoveAsync(ParseResult line, CancellationToken stop)
    {
        await Connect(line).RemoveAsync(line.GetRequiredValue(model), stop);
        return ExitCodes.Done;
    }

    private CheckpointClient Connect(ParseResult line) => new(environment.Connect(server.Require(line, environment)), environment.Clock);
}
