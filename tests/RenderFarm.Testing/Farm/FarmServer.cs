using System.Diagnostics;
using System.Text.RegularExpressions;

namespace RenderFarm.Testing.Farm;

/// <summary><c>renderfarm serve</c> as a process of its own, on a free port, with a data folder the test owns.</summary>
public sealed partial class FarmServer : IAsyncDisposable
{
    private readonly Process _process;

    private FarmServer(Process process, Uri address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    public static async Task<FarmServer> StartAsync(string dataFolder, CancellationToken cancellation)
    {
        var process = FarmProgram.Start("serve", "--urls", "http://127.0.0.1:0", "--data", dataFolder);
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            if (AddressPattern().Match(line) is not { Success: true } match) continue;
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return new FarmServer(process, new Uri(match.Value));
        }

        await process.WaitForExitAsync(cancellation);
        throw new InvalidOperationException($"The server ended with {process.ExitCode} before it said where it listens.");
    }

    /// <summary>SIGKILL: no goodbye, nothing flushed.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex AddressPattern();
}
