using System.CommandLine;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm pause</c> and <c>renderfarm resume</c>: let a job wait, and go on.</summary>
internal sealed class PauseCommand(CliEnvironment environment, bool pauses)
{
    private readonly Argument<JobId> job = JobArgument.Create();
    private readonly ServerOption server = new();

    public Command Create()
    {
        var name = pauses ? "pause" : "resume";
        var command = new DocumentedCommand(
            name,
            pauses ? "Let the queued images of a job wait; running ones finish." : "Let a paused job go on.",
            $"renderfarm {name} 0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e --server http://127.0.0.1:8180");
        command.Add(job);
        command.Add(server.Option);
        command.SetAction(async (line, stop) =>
        {
            var view = await server.Connect(line, environment).SetPausedAsync(line.GetValue(job), pauses, stop);
            await environment.Out.WriteLineAsync(JobText.Outcome(view));
            return ExitCodes.Done;
        });
        return command;
    }
}
