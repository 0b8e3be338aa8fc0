namespace RenderFarm.Cli.Embedded;

/// <summary>A farm that runs in this program, seen through the same HTTP interface as a remote one.</summary>
internal interface IRunningFarm : IAsyncDisposable
{
    /// <summary>A client whose base address is the farm. Disposed with the farm.</summary>
    HttpClient Client { get; }

    /// <summary>The addresses it listens on; empty when only this program can reach it.</summary>
    IReadOnlyList<string> Addresses { get; }

    /// <summary>Completes when the farm has stopped: because <paramref name="cancellationToken"/> asked, or by itself.</summary>
    Task WaitForShutdownAsync(CancellationToken cancellationToken);
}

/// <summary>Starts a farm in this program.</summary>
/// <exception cref="FarmStartException">A checkpoint, the data folder or an address is not usable.</exception>
internal delegate Task<IRunningFarm> FarmStarter(EmbeddedFarmOptions options, CancellationToken cancellationToken);
