using System.CommandLine;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm retry</c>: gives the failed images of a job another chance.</summary>
internal sealed class RetryCommand(CliEnvironment environment)
{
    private readonly Argument<JobId> job = JobArgument.Create();
    private readonly ServerOption server = new();

    public Command Create()
    {
        var command = new DocumentedCommand(
            "retry",
            "Render the failed images of a job again.",
            "renderfarm retry 0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e --server http://127.0.0.1:8180");
        command.Add(job);
        command.Add(server.Option);
        command.SetAction(async (line, stop) =>
        {
            var view = await server.Connect(line, environment).RetryAsync(line.GetValue(job), stop);
            await environment.Out.WriteLineAsync(JobText.Outcome(view));
            return ExitCodes.Done;
        });
        return command;
    }
}
