using RenderFarm.Cli;
using RenderFarm.Cli.Embedded;
using RenderFarm.Tests.Cli.Testing;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Commands;

public sealed class ServeCommandTests : IAsyncLifetime
{
    private CliHarness cli = null!;

    public async ValueTask InitializeAsync() => cli = await CliHarness.StartAsync();

    public ValueTask DisposeAsync() => cli.DisposeAsync();

    [Fact]
    public async Task Serve_says_where_everything_is_and_stops_when_told()
    {
        new SampleJob(images: 1).Script(cli.Farm);
        using var stop = new CancellationTokenSource();
        var running = cli.RunAsync(stop.Token, "serve", "--data", cli.Folder.Path, "--model", "/models/sd15");
        await cli.Serving;
        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Done, await running);
        Assert.Equal(
            [
                "address    http://127.0.0.1:8180",
                "reference  http://127.0.0.1:8180/reference",
                $"data       {cli.Folder.Path}",
                $"model      demo (default)  64×64  {Sample.Checkpoint}",
                "The farm is ready. Press Ctrl-C to stop it.",
                "Stopped.",
            ],
            cli.Out.Split(System.Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        var options = Assert.Single(cli.Started);
        Assert.Equal(["http://127.0.0.1:8180"], options.Urls);
        Assert.Equal(cli.Folder.Path, options.DataFolder);
    }

    [Theory]
    [InlineData("127.0.0.1:8180")]
    [InlineData("https://127.0.0.1:8180")]
    [InlineData("nonsense")]
    public async Task Address_that_is_not_http_is_refused(string url)
    {
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync("serve", "--urls", url));
        Assert.StartsWith($"error: --urls '{url}': allowed is http addresses", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Empty(cli.Started);
    }

    [Fact]
    public async Task Port_that_is_taken_is_wrong_use()
    {
        cli.Environment = cli.Environment with
        {
            StartFarm = (_, _) => throw new FarmStartException("http://127.0.0.1:8180 is taken by another program.", "Choose another address with --urls."),
        };
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync("serve", "--data", cli.Folder.Path));
    }
}
