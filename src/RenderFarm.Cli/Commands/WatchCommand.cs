using System.CommandLine;
using RenderFarm.Cli.Deliveries;
using RenderFarm.Cli.Options;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm watch</c>: shows a job's progress until it ends.</summary>
internal sealed class WatchCommand(CliEnvironment environment)
{
    private readonly Argument<JobId> job = JobArgument.Create();
    private readonly ServerOption server = new();

    public Command Create()
    {
        var command = new DocumentedCommand(
            "watch",
            "Show a job's progress until it ends.",
            "renderfarm watch 0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e --server http://127.0.0.1:8180",
            "",
            "A lost connection is taken up again where it broke. Ctrl-C stops the watching; the job goes on.");
        command.Add(job);
        command.Add(server.Option);
        command.SetAction(async (line, stop) =>
        {
            var client = server.Connect(line, environment);
            var view = await client.GetJobAsync(line.GetValue(job), stop);
            var code = await new JobWait(environment, client).RunAsync(view, null, json: false, stop);
            if (code == ExitCodes.Done) await environment.Out.WriteLineAsync(Output.JobText.Outcome(await client.GetJobAsync(view.Id, stop)));
            return code;
        });
        return command;
    }
}
