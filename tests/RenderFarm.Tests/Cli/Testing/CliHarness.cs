using RenderFarm.Cli;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Commands;
using RenderFarm.Cli.Embedded;
using RenderFarm.Cli.Files;

namespace RenderFarm.Tests.Cli.Testing;

/// <summary>Runs command lines against a scripted farm, which also stands in for the embedded one, and keeps what they print.</summary>
internal sealed class CliHarness : IAsyncDisposable
{
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();
    private readonly TaskCompletionSource serving = new();

    private CliHarness(ScriptedFarm farm)
    {
        Farm = farm;
        Environment = new CliEnvironment
        {
            Out = output,
            Error = error,
            ErrorIsTerminal = false,
            Clock = new SwiftClock(),
            Variable = _ => null,
            StartFarm = (options, cancellationToken) =>
            {
                Started.Add(options);
                return Task.FromResult<IRunningFarm>(new StandIn(farm, serving));
            },
            Connect = ServerConnection.Open,
            Files = new ImageFileWriter(),
            ContactSheet = new TextContactSheet(),
            Pictures = new TextPictures(),
        };
    }

    public ScriptedFarm Farm { get; }

    public CliEnvironment Environment { get; set; }

    public TemporaryFolder Folder { get; } = new();

    /// <summary>The embedded farms that were started.</summary>
    public List<EmbeddedFarmOptions> Started { get; } = [];

    /// <summary>Completes when an embedded farm serves, with everything printed that is printed before.</summary>
    public Task Serving => serving.Task;

    public string Out => output.ToString();

    public string Error => error.ToString();

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static async Task<CliHarness> StartAsync() => new(await ScriptedFarm.StartAsync());

    /// <summary>Runs a command line and returns its exit code.</summary>
    public Task<int> RunAsync(params string[] args) => RunAsync(CancellationToken.None, args);

    public Task<int> RunAsync(CancellationToken stop, params string[] args) => RenderFarmCommand.RunAsync(args, Environment, stop);

    /// <summary>Runs a command line with the scripted farm as its server.</summary>
    public Task<int> RunOnServerAsync(params string[] args) => RunAsync([.. args, "--server", Farm.Address.ToString()]);

    public async ValueTask DisposeAsync()
    {
        Folder.Dispose();
        await Farm.DisposeAsync();
    }

    private sealed class StandIn(ScriptedFarm farm, TaskCompletionSource serving) : IRunningFarm
    {
        public HttpClient Client { get; } = new() { BaseAddress = farm.Address };

        public IReadOnlyList<string> Addresses { get; } = ["http://127.0.0.1:8180"];

        public async Task WaitForShutdownAsync(CancellationToken cancellationToken)
        {
            serving.TrySetResult();
            var stopped = new TaskCompletionSource();
            await using var registration = cancellationToken.Register(stopped.SetResult);
            await stopped.Task;
        }

        public ValueTask DisposeAsync()
        {
            Client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Writes a contact sheet as text, so that a test can read what is where.</summary>
internal sealed class TextContactSheet : IContactSheet
{
    public byte[] Draw(SweepGrid grid, IReadOnlyList<string?> files)
    {
        var rows = files.Chunk(grid.Columns.Count)
            .Select((row, index) => $"{grid.Rows[index]}: {string.Join(" | ", row.Select(file => file is null ? "-" : File.ReadAllText(file)))}");
        return System.Text.Encoding.UTF8.GetBytes(string.Join('\n', [grid.Title, string.Join(" | ", grid.Columns), .. rows]));
    }
}

/// <summary>Reads "pictures" that are texts: the first line is the recipe, the second the profile.</summary>
internal sealed class TextPictures : IPictures
{
    public PictureTexts ReadTexts(byte[] file)
    {
        var lines = System.Text.Encoding.UTF8.GetString(file).Split('\n');
        return lines[0].StartsWith('{') ? new PictureTexts(lines[0], lines.ElementAtOrDefault(1)) : new PictureTexts(null, null);
    }

    public double? PsnrDecibels(byte[] first, byte[] second) => 41.25;
}
