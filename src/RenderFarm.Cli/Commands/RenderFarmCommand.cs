using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using RenderFarm.Cli.Checkpoints;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Simulation;

namespace RenderFarm.Cli.Commands;

/// <summary>The <c>renderfarm</c> command: its subcommands, and what every outcome looks like from outside.</summary>
internal static class RenderFarmCommand
{
    private static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Show the farm's log and the details of errors.",
        Recursive = true,
    };

    /// <summary>Runs a command line and returns one of <see cref="ExitCodes"/>.</summary>
    public static async Task<int> RunAsync(string[] args, CliEnvironment environment, CancellationToken cancellationToken)
    {
        // A prompt may start with @ or hold what looks like a bundle of short options: both are texts here.
        var line = Create(environment).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (line.Action is ParseErrorAction) return RefuseLine(line, environment);

        var verbose = line.GetValue(Verbose);
        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = environment.Out,
                Error = environment.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // StopSignals owns the signals.
            };
            return await line.InvokeAsync(invocation, cancellationToken);
        }
        catch (FarmApiException error)
        {
            return Report(environment, error, FieldNames.Describe(error.Problem), verbose);
        }
        catch (CommandException error)
        {
            return Report(environment, error, error.Message, verbose);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            environment.Error.WriteLine("error: canceled.");
            return ExitCodes.Failed;
        }
        catch (Exception error)
        {
            environment.Error.WriteLine($"error: unexpected: {error.Message.ReplaceLineEndings(" ")}");
            environment.Error.WriteLine(verbose ? error.ToString() : "This is a fault of renderfarm. Run again with --verbose for the details.");
            return ExitCodes.Failed;
        }
    }

    /// <summary>The command with all its subcommands.</summary>
    public static RootCommand Create(CliEnvironment environment)
    {
        var root = new RootCommand("Turns prompts into images, here or on a farm. Start with: renderfarm render \"a red circle\"")
        {
            new RenderCommand(environment, Verbose).Create(),
            new ReproduceCommand(environment, Verbose).Create(),
            new ServeCommand(environment, Verbose).Create(),
            new SubmitCommand(environment).Create(),
            new WatchCommand(environment).Create(),
            new JobsCommand(environment).Create(),
            new CancelCommand(environment).Create(),
            new PauseCommand(environment, pauses: true).Create(),
            new PauseCommand(environment, pauses: false).Create(),
            new RetryCommand(environment).Create(),
            new WorkersCommand(environment).Create(),
            new DownloadCommand(environment).Create(),
            new CheckpointsCommand(environment, Verbose).Create(),
            new InputsCommand(environment).Create(),
            new SimulateCommand(environment).Create(),
            Verbose,
        };
        root.Directives.Clear();
        foreach (var help in root.Options.OfType<HelpOption>()) help.Action = new HelpWithNotes((HelpAction)help.Action!);
        return root;
    }

    private static int RefuseLine(ParseResult line, CliEnvironment environment)
    {
        var command = line.CommandResult.Command;
        var messages = line.Errors.Select(error => error.Message).Distinct();
        // Of a misspelt command the parser says that a command is missing and that no word after it is known: the first word is the fault.
        if (command is RootCommand) messages = [line.UnmatchedTokens is [var word, ..] ? $"Unknown command '{word}'." : "No command given."];
        foreach (var message in messages) environment.Error.WriteLine($"error: {message}");
        environment.Error.WriteLine($"See: renderfarm {PathOf(line.CommandResult)}--help");
        return ExitCodes.WrongUse;
    }

    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent ? $"{PathOf(parent)}{result.Command.Name} " : "";

    private static int Report(CliEnvironment environment, CommandException error, string message, bool verbose)
    {
        foreach (var line in message.Split(Environment.NewLine)) environment.Error.WriteLine($"error: {line}");
        if (error.NextStep is { } next) environment.Error.WriteLine(next);
        if (verbose) environment.Error.WriteLine(error.ToString());
        return error.ExitCode;
    }
}
