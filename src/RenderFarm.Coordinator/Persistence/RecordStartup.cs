using Microsoft.Extensions.Hosting;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>Brings the record to its present shape before any other service starts.</summary>
internal sealed class RecordStartup(IDatabase database) : IHostedLifecycleService
{
    /// <summary>True once the record has its present shape.</summary>
    public bool IsMigrated { get; private set; }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await database.MigrateAsync(cancellationToken);
        IsMigrated = true;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
