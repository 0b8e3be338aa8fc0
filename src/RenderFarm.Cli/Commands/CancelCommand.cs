using System.CommandLine;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm cancel</c>: ends a job, keeping the images that are finished.</summary>
internal sealed class CancelCommand(CliEnvironment environment)
{
    private readonly Argument<JobId> job = JobArgument.Create();
    private readonly ServerOption server = new();

    public Command Create()
    {
        var command = new DocumentedCommand(
            "cancel",
            "Cancel a job; its finished images are kept.",
            "renderfarm cancel 0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e --server http://127.0.0.1:8180");
        command.Add(job);
        command.Add(server.Option);
        command.SetAction(async (line, stop) =>
        {
            var view = await server.Connect(line, environment).CancelAsync(line.GetValue(job), stop);
            await environment.Out.WriteLineAsync(JobText.Outcome(view));
            return ExitCodes.Done;
        });
        return command;
    }
}
