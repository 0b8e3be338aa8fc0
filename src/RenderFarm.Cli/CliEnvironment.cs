using RenderFarm.Cli.Client;
using RenderFarm.Cli.Embedded;
using RenderFarm.Cli.Files;

namespace RenderFarm.Cli;

/// <summary>Everything a command touches outside itself, so that a test can hold all of it.</summary>
internal sealed record CliEnvironment
{
    /// <summary>Results: files, ids, JSON.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress and errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>True when <see cref="Error"/> is a terminal, where a line may be drawn again.</summary>
    public required bool ErrorIsTerminal { get; init; }

    /// <summary>The clock of rates, estimates and waiting.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Starts a farm in this program.</summary>
    public required FarmStarter StartFarm { get; init; }

    /// <summary>Connects to a server by its base address.</summary>
    public required Func<Uri, HttpClient> Connect { get; init; }

    /// <summary>Writes images.</summary>
    public required ImageFileWriter Files { get; init; }

    /// <summary>Draws contact sheets.</summary>
    public required IContactSheet ContactSheet { get; init; }

    /// <summary>Reads texts and pixels of images.</summary>
    public required IPictures Pictures { get; init; }

    /// <summary>The environment of the running program.</summary>
    public static CliEnvironment OfProgram() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Clock = TimeProvider.System,
        Variable = Environment.GetEnvironmentVariable,
        StartFarm = async (options, cancellationToken) => await EmbeddedFarm.StartAsync(options, cancellationToken),
        Connect = ServerConnection.Open,
        Files = new ImageFileWriter(),
        ContactSheet = new ImagingContactSheet(),
        Pictures = new ImagingPictures(),
    };
}
