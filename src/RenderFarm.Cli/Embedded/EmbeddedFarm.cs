namespace RenderFarm.Cli.Embedded;

internal sealed class EmbeddedFarm : IRunningFarm
{
    public HttpClient Client => throw new NotSupportedException();

    public IReadOnlyList<string> Addresses => throw new NotSupportedException();

    public static Task<EmbeddedFarm> StartAsync(EmbeddedFarmOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The embedded farm is composed elsewhere.");

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
