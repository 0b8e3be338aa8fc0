namespace RenderFarm.Hosting.Telemetry;

/// <summary>
/// The program's own health check, <c>--health URL</c>: container images without a shell or curl need one. Exit code 0 when the address answers with
/// success within <see cref="Timeout"/>, else 1 with one line on the error output; 2 for wrong use.
/// </summary>
public static class HealthProbe
{
    /// <summary>The switch, always the first argument.</summary>
    public const string Switch = "--health";

    /// <summary>Longest wait for the answer: shorter than the container engine's own limit, so that the reason is told.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>Whether the program was started to probe and not to serve.</summary>
    public static bool IsAsked(IReadOnlyList<string> args) => args.Count > 0 && args[0] == Switch;

    /// <summary>Asks the address in <paramref name="args"/>.</summary>
    /// <param name="args">The program's arguments: the switch and an HTTP address.</param>
    /// <param name="error">Gets the reason of a failure.</param>
    /// <param name="clock">Measures the wait.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter error, TimeProvider clock)
    {
        if (args.Count != 2 || !Uri.TryCreate(args[1], UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttp)
        {
            await error.WriteLineAsync($"error: {Switch} takes one address, for example {Switch} http://127.0.0.1:8080/health/live");
            return 2;
        }

        using var limit = new CancellationTokenSource(Timeout, clock);
        using var client = new HttpClient();
        try
        {
            using var answer = await client.GetAsync(address, limit.Token);
            if (answer.IsSuccessStatusCode) return 0;
            await error.WriteLineAsync($"{address} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(limit.Token)}");
        }
        catch (HttpRequestException failure)
        {
            await error.WriteLineAsync($"{address} cannot be reached: {failure.Message}");
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync($"{address} does not answer within {Timeout.TotalSeconds:0} s");
        }

        return 1;
    }
}
