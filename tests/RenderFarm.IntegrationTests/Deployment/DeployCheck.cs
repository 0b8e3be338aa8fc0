using System.Diagnostics;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

/// <summary>
/// Runs <c>infra/deploy-check.sh</c>, whose tools it installs once. Where they cannot be had the tests are skipped with the reason; in continuous
/// integration that is a failure.
/// </summary>
public sealed class DeployCheck : IAsyncLifetime
{
    private static readonly string Script = Repository.PathTo("infra", "deploy-check.sh");
    private string? _lacking;

    /// <summary>Path of the helm program.</summary>
    public string Helm { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            _lacking = "The tools that check deployment files are installed on Linux alone.";
            return;
        }

        var (code, output) = await RunAsync("bash", [Script, "tools"], "", CancellationToken.None);
        if (code == 0)
            Helm = output.Split('\n').Single(line => line.StartsWith("helm=", StringComparison.Ordinal))["helm=".Length..];
        else if (Environment.GetEnvironmentVariable("CI") == "true")
            throw new InvalidOperationException($"The tools that check deployment files cannot be installed: {output}");
        else
            _lacking = $"The tools that check deployment files cannot be installed: {output}";
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Skips the test where tools lack.</summary>
    public void Require() => Assert.SkipWhen(_lacking is not null, _lacking ?? "");

    /// <summary>Runs checks; asserts that they pass.</summary>
    public async Task PassAsync(params string[] arguments)
    {
        Require();
        var (code, output) = await RunAsync("bash", [Script, .. arguments], "", TestContext.Current.CancellationToken);
        Assert.True(code == 0, output);
    }

    /// <summary>Runs a program in the root of the repository and waits for it.</summary>
    /// <returns>Its exit code, and both its outputs together.</returns>
    public static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, string input, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync(cancellation);
        var error = child.StandardError.ReadToEndAsync(cancellation);
        await child.StandardInput.WriteAsync(input.AsMemory(), cancellation);
        child.StandardInput.Close();
        await child.WaitForExitAsync(cancellation);
        return (child.ExitCode, await output + await error);
    }
}
