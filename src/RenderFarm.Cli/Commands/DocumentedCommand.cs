using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace RenderFarm.Cli.Commands;

/// <summary>A command whose help ends with examples and notes.</summary>
/// <param name="name">What is typed.</param>
/// <param name="description">One line.</param>
/// <param name="notes">Lines printed below the options.</param>
internal sealed class DocumentedCommand(string name, string description, params IReadOnlyList<string> notes) : Command(name, description)
{
    /// <summary>Lines printed below the options.</summary>
    public IReadOnlyList<string> Notes { get; } = notes;
}

/// <summary>The usual help, and the notes of the command below it.</summary>
internal sealed class HelpWithNotes(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not DocumentedCommand { Notes: { Count: > 0 } notes }) return result;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Notes and examples:");
        foreach (var line in notes) output.WriteLine("  " + line);
        output.WriteLine();
        return result;
    }
}
