using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm jobs</c>: lists a farm's jobs.</summary>
internal sealed class JobsCommand(CliEnvironment environment)
{
    private const int DefaultLimit = 20;

    private readonly Option<string?> status = OptionFactory.Choice("--status", "Only jobs of this status.", JobStatuses.All);
    private readonly Option<int?> limit = OptionFactory.Number("--limit", $"At most so many, the newest first. [default: {DefaultLimit}]", 1, 1_000_000);
    private readonly Option<bool> json = OptionFactory.Flag("--json", "Print the jobs as one JSON array.");
    private readonly ServerOption server = new();

    public Command Create()
    {
        var command = new DocumentedCommand(
            "jobs", "List the jobs of a farm.", "renderfarm jobs --status active --server http://127.0.0.1:8180");
        foreach (var option in (Option[])[status, limit, json, server.Option]) command.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var jobs = new List<JobView>();
        var client = server.Connect(line, environment);
        await foreach (var job in client.ListJobsAsync(line.GetValue(status), line.GetValue(limit) ?? DefaultLimit, stop)) jobs.Add(job);
        if (line.GetValue(json)) await environment.Out.WriteLineAsync(JsonSerializer.Serialize(jobs, ClientJson.Indented));
        else TextTable.Write(environment.Out, ["JOB", "STATUS", "IMAGES", "MODEL", "CREATED", "PROMPT"], [.. jobs.Select(Row)]);
        return ExitCodes.Done;
    }

    private static IReadOnlyList<string> Row(JobView job) =>
    [
        job.Id.ToString(),
        job.Status,
        string.Create(CultureInfo.InvariantCulture, $"{job.Tasks.Completed}/{job.Tasks.Total}"),
        job.Model,
        job.CreatedAt.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        TextTable.OneLine(job.Label ?? string.Join(" | ", job.Sweep.Prompts), 60),
    ];
}
