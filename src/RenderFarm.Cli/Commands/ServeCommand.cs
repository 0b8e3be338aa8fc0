using System.CommandLine;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Embedded;
using RenderFarm.Cli.Options;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm serve</c>: a whole farm in this program, for others to use over HTTP.</summary>
internal sealed class ServeCommand(CliEnvironment environment, Option<bool> verbose)
{
    private const string DefaultUrl = "http://127.0.0.1:8180";

    private readonly Option<string[]?> urls = UrlsOption();
    private readonly Option<string?> state = EmbeddedOptions.State($"Where record and images live. [default: {DefaultFolder()}]");
    private readonly Option<string[]?> checkpoints = EmbeddedOptions.Checkpoints();
    private readonly Option<string?> upscalers = EmbeddedOptions.Upscalers();
    private readonly Option<string?> device = EmbeddedOptions.Device();

    public Command Create()
    {
        var command = new DocumentedCommand(
            "serve",
            "Run a farm that others reach over HTTP, until Ctrl-C.",
            "renderfarm serve",
            "renderfarm serve --urls http://127.0.0.1:9000 --data /var/lib/renderfarm --model /models/sd15",
            "",
            "There is no sign-in yet: whoever reaches an address can submit jobs. Jobs that were running go on after a restart.");
        foreach (var option in (Option[])[urls, state, checkpoints, upscalers, device]) command.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var folder = Path.GetFullPath(line.GetValue(state) ?? DefaultFolder());
        await using var farm = await environment.StartFarm(
            new EmbeddedFarmOptions
            {
                DataFolder = folder,
                CheckpointFolders = line.GetValue(checkpoints) ?? [],
                UpscalerFolder = line.GetValue(upscalers),
                Device = line.GetValue(device) ?? EmbeddedFarmOptions.AnyDevice,
                Urls = line.GetValue(urls) is { Length: > 0 } given ? given : [DefaultUrl],
                Verbose = line.GetValue(verbose),
            },
            stop);
        await DescribeAsync(farm, folder, stop);
        await farm.WaitForShutdownAsync(stop);
        if (!stop.IsCancellationRequested) throw new CommandException(ExitCodes.Failed, "The farm stopped by itself.", "Run again with --verbose to see its log.");
        await environment.Out.WriteLineAsync("Stopped.");
        return ExitCodes.Done;
    }

    private async Task DescribeAsync(IRunningFarm farm, string folder, CancellationToken stop)
    {
        var output = environment.Out;
        foreach (var address in farm.Addresses) await output.WriteLineAsync($"address    {address}");
        foreach (var address in farm.Addresses.Take(1)) await output.WriteLineAsync($"reference  {address.TrimEnd('/')}/reference");
        await output.WriteLineAsync($"data       {folder}");
        foreach (var checkpoint in await new FarmClient(farm.Client, environment.Clock).GetCheckpointsAsync(stop))
            await output.WriteLineAsync($"model      {checkpoint.Name}{(checkpoint.IsDefault ? " (default)" : "")}  {checkpoint.Width}×{checkpoint.Height}  {checkpoint.Digest}");
        await output.WriteLineAsync("The farm is ready. Press Ctrl-C to stop it.");
        await output.FlushAsync(stop);
    }

    private static string DefaultFolder() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "renderfarm");

    private static Option<string[]?> UrlsOption() => new("--urls")
    {
        Description = $"Addresses to listen on, separated by commas. [default: {DefaultUrl}]",
        HelpName = "URL,URL…",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            var given = result.Tokens.SelectMany(token => token.Value.Split([',', ';'])).Select(url => url.Trim()).ToArray();
            foreach (var url in given.Where(url => !IsHttp(url)))
                OptionFactory.Refuse(result, "--urls", url, $"http addresses with a port, such as {DefaultUrl} or http://*:8180");
            return given;
        },
    };

    // Kestrel takes * and + for every interface, which no URI parser accepts as a host.
    private static bool IsHttp(string url) =>
        Uri.TryCreate(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var address)
        && address.Scheme == "http";
}
