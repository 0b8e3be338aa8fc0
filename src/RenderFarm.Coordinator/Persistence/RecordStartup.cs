using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>
/// Brings the record to its present shape before any other service starts. Waits for a database that is away: machines that start together do not start in order.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="clock">Measures the wait.</param>
/// <param name="logger">Told why it waits.</param>
internal sealed class RecordStartup(IDatabase database, TimeProvider clock, ILogger<RecordStartup> logger) : IHostedLifecycleService
{
    /// <summary>Longest wait for the database, before the start fails in a way that asks for another: 5 min.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    /// <summary>Longest pause between two tries: 5 s.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>True once the record has its present shape.</summary>
    public bool IsMigrated { get; private set; }

    /// <exception cref="RecordException">The record cannot be used; it says whether a later start may find it better.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        for (var pause = FirstPause; !await TryAsync(begun, cancellationToken); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            await Task.Delay(pause, clock, cancellationToken);
        IsMigrated = true;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<bool> TryAsync(long begun, CancellationToken cancellation)
    {
        try
        {
            await database.MigrateAsync(cancellation);
            return true;
        }
        catch (RecordException error) when (error.IsPassing && clock.GetElapsedTime(begun) < LongestWait)
        {
            CoordinatorLog.RecordAwaited(logger, error.Message);
            return false;
        }
    }
}
