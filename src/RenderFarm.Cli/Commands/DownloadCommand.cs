using System.CommandLine;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Files;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm download</c>: brings the finished images of a job into a folder.</summary>
internal sealed class DownloadCommand(CliEnvironment environment)
{
    private readonly Argument<JobId> job = JobArgument.Create();
    private readonly Option<string?> output = OptionFactory.Text("--out", "DIR", "Folder for the images. [default: the current one]");
    private readonly ServerOption server = new();

    public Command Create()
    {
        var command = new DocumentedCommand(
            "download",
            "Fetch the finished images of a job.",
            "renderfarm download 0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e --out pictures --server http://127.0.0.1:8180",
            "",
            "Files that are there already with the right SHA-256 are not fetched again, so an interrupted download can be repeated.");
        command.Add(job);
        command.Add(output);
        command.Add(server.Option);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var client = server.Connect(line, environment);
        var folder = line.GetValue(output) ?? ".";
        environment.Files.Prepare(folder);
        var view = await client.GetJobAsync(line.GetValue(job), stop);
        var images = new ImageCollector(client, environment.Files, folder, view);
        await images.SaveRestAsync(stop);

        JobText.WriteFiles(environment.Out, images.Saved);
        var there = images.Saved.Count(image => image.WasThere);
        if (there > 0) await environment.Error.WriteLineAsync($"{there} of them were there already.");
        if (images.Saved.Count == view.Tasks.Total) return ExitCodes.Done;
        await environment.Error.WriteLineAsync($"error: {images.Saved.Count} of {view.Tasks.Total} images are finished; {JobText.Outcome(view)}.");
        await environment.Error.WriteLineAsync(
            JobStatuses.IsEnded(view.Status) ? $"Failed images can be rendered again with: renderfarm retry {view.Id}" : "Run this again later for the rest.");
        return ExitCodes.Failed;
    }
}
