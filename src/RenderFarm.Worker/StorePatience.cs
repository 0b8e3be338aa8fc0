using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Worker;

/// <summary>
/// Waits for an object store that is away. A farm's images must not fail because its store was restarted: what an attempt needs from it, or has for it, is tried
/// again with growing pauses for <see cref="WorkerOptions.StorePatience"/>, while heartbeats keep the lease. Only then the attempt fails and is charged.
/// </summary>
/// <remarks>A store that understood and said no is not waited for, since it may say yes to another worker; the coordinator holds the task back. Cancel and shutdown end a wait at once.</remarks>
internal sealed class StorePatience(IOptions<WorkerOptions> options, TimeProvider clock, ILogger<StorePatience> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Runs a request until it succeeds, is refused, or the time is over.</summary>
    /// <param name="attempt">For whom, in the log.</param>
    /// <param name="request">One try.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="since">Timestamp of the clock from which the time counts; null for now.</param>
    /// <exception cref="ObjectStoreException">The last failure.</exception>
    public async Task<T> RunAsync<T>(AttemptId attempt, Func<Task<T>> request, CancellationToken cancellation, long? since = null)
    {
        var begun = since ?? clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await request();
            }
            catch (ObjectStoreException error) when (!error.IsRefusal && clock.GetElapsedTime(begun) < options.Value.StorePatience)
            {
                WorkerLog.StoreAway(logger, attempt, pause, error.Message);
            }

            await Task.Delay(pause, clock, cancellation);
        }
    }
}
