using RenderFarm.Cli;
using RenderFarm.Cli.Commands;
using RenderFarm.Tests.Cli.Testing;
using Xunit;

namespace RenderFarm.Tests.Cli.Commands;

public sealed class RenderFarmCommandTests : IAsyncLifetime
{
    private CliHarness cli = null!;

    public static TheoryData<string> CommandNames =>
        ["render", "reproduce", "serve", "submit", "watch", "jobs", "cancel", "pause", "resume", "retry", "workers", "download", "models", "inputs", "simulate"];

    public async ValueTask InitializeAsync() => cli = await CliHarness.StartAsync();

    public ValueTask DisposeAsync() => cli.DisposeAsync();

    [Fact]
    public void Every_command_is_there() =>
        Assert.Equal(CommandNames.Select(row => row.Data), RenderFarmCommand.Create(cli.Environment).Subcommands.Select(command => command.Name));

    [Theory]
    [MemberData(nameof(CommandNames))]
    public async Task Help_gives_an_example_of_each_command(string command)
    {
        Assert.Equal(ExitCodes.Done, await cli.RunAsync(command, "--help"));
        Assert.Contains($"  renderfarm {command}", cli.Out[cli.Out.IndexOf("Notes and examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Empty(cli.Error);
    }

    [Fact]
    public async Task Version_is_printed()
    {
        Assert.Equal(ExitCodes.Done, await cli.RunAsync("--version"));
        Assert.Matches(@"^\d+\.\d+\.\d+", cli.Out);
    }

    [Theory]
    [InlineData("See: renderfarm --help")]
    [InlineData("See: renderfarm --help", "rendr", "a cat")]
    [InlineData("See: renderfarm render --help", "render")]
    [InlineData("See: renderfarm render --help", "render", "a", "--steps")]
    [InlineData("See: renderfarm inputs push --help", "inputs", "push")]
    [InlineData("See: renderfarm inputs --help", "inputs")]
    [InlineData("See: renderfarm submit --help", "submit", "a", "--out", "x")]
    public async Task Wrong_use_names_the_fault_and_where_to_read_on(string next, params string[] args)
    {
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync(args));
        Assert.Equal(2, cli.ErrorLines.Length);
        Assert.StartsWith("error: ", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Equal(next, cli.ErrorLines[1].TrimEnd());
        Assert.Empty(cli.Out);
    }

    [Fact]
    public async Task Stop_before_anything_ran_is_a_short_failure()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Failed, await cli.RunAsync(stop.Token, "jobs", "--server", cli.Farm.Address.ToString()));
        Assert.Equal(["error: canceled."], cli.ErrorLines);
    }
}
