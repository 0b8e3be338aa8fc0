using System.CommandLine;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Deliveries;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Pictures;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm submit</c>: hands a job to a running farm.</summary>
internal sealed class SubmitCommand(CliEnvironment environment)
{
    private readonly RenderOptions render = new();
    private readonly ServerOption server = new();
    private readonly Option<string?> model = OptionFactory.Text("--model", "NAME", "Checkpoint by name or digest. [default: the farm's]");
    private readonly Option<string?> priority = OptionFactory.Choice("--priority", "Priority class. [default: normal]", Priorities.All);
    private readonly Option<string?> label = OptionFactory.Text("--label", "TEXT", "A name of your own for the job.");
    private readonly Option<int?> retention = OptionFactory.Number(
        "--retention-days", "Delete the job and its images this long after its end. [default: the farm's]", 1, 36_500);
    private readonly Option<string?> key = OptionFactory.Text(
        "--idempotency-key", "KEY", "Submitting again with the same key names the same job. [default: a new one]");

    private readonly Option<bool> wait = OptionFactory.Flag("--wait", "Follow the job to its end.");
    private readonly Option<string?> output = OptionFactory.Text("--out", "DIR", "With --wait: fetch the images into this folder.");
    private readonly Option<bool> json = OptionFactory.Flag("--json", "Print the job as JSON.");

    public Command Create()
    {
        var command = new DocumentedCommand(
            "submit",
            "Submit a job to a farm and print its id.",
            "renderfarm submit \"a red circle\" --images 100 --server http://127.0.0.1:8180",
            "renderfarm submit \"a red circle\" --wait --out pictures",
            "",
            "The job goes on when this program ends. See also: watch, download, cancel.");
        render.AddTo(command);
        foreach (var option in (Option[])[model, priority, label, retention, key, wait, output, json, server.Option]) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(output) is not null && !result.GetValue(wait)) result.AddError("--out needs --wait: there are no images before the job has run.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var client = server.Connect(line, environment);
        var pictures = PictureUpload.Read(render.ToRequest(line) with
        {
            Model = line.GetValue(model),
            Priority = line.GetValue(priority),
            Label = line.GetValue(label),
            RetentionDays = line.GetValue(retention),
        });
        if (line.GetValue(output) is { } folder) environment.Files.Prepare(folder);
        var job = await client.SubmitAsync(await pictures.SendAsync(client, stop), line.GetValue(key) ?? Guid.NewGuid().ToString(), stop);
        var asJson = line.GetValue(json);
        await environment.Out.WriteLineAsync(asJson ? JsonSerializer.Serialize(job, ClientJson.Indented) : job.Id.ToString());
        return line.GetValue(wait)
            ? await new JobWait(environment, client).RunAsync(job, line.GetValue(output), asJson, stop)
            : ExitCodes.Done;
    }
}
