using System.CommandLine;
using RenderFarm.Cli.Client;

namespace RenderFarm.Cli.Options;

/// <summary>The option that names a server.</summary>
internal sealed class ServerOption
{
    public Option<string?> Option { get; } = OptionFactory.Text(
        "--server", "URL", $"The farm's address, such as http://127.0.0.1:8180. [default: ${ServerConnection.Variable}]");

    /// <summary>The address given by the option, else by the environment; null when neither names one.</summary>
    /// <exception cref="CommandException">It is no http address.</exception>
    public Uri? Find(ParseResult line, CliEnvironment environment)
    {
        var option = line.GetValue(Option);
        var text = option ?? environment.Variable(ServerConnection.Variable);
        if (string.IsNullOrEmpty(text)) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CommandException(
                ExitCodes.WrongUse,
                $"{(option is null ? ServerConnection.Variable : "--server")} '{text}': allowed is an http or https address, such as http://127.0.0.1:8180.");
    }

    /// <summary>A client of the server.</summary>
    /// <exception cref="CommandException">No server is named, or its name is no http address.</exception>
    public FarmClient Connect(ParseResult line, CliEnvironment environment) => new(environment.Connect(Require(line, environment)), environment.Clock);

    /// <summary>The address of the server.</summary>
    /// <exception cref="CommandException">No server is named, or its name is no http address.</exception>
    public Uri Require(ParseResult line, CliEnvironment environment) => Find(line, environment) ?? throw new CommandException(
        ExitCodes.WrongUse,
        "This command needs a farm to talk to, and none is named.",
        $"Give --server URL or set {ServerConnection.Variable}; renderfarm serve starts one.");
}
