using System.Collections.Concurrent;
using MassTransit;

namespace RenderFarm.Hosting.Messaging.Queues;

/// <summary>
/// Stops reading some queues of this process, and starts again. What they hold, and what comes meanwhile, is for other processes. Sending goes on. On a bus within
/// the process there are no others, and nothing stops.
/// </summary>
/// <remarks>
/// While a queue is paused the bus does not count as up (<see cref="FarmSender.IsReady"/>), so <see cref="BusWatch"/> leaves it alone. A reader that looks for its
/// broker takes nothing and is not stopped: a bus that was stopped between two tries has been seen never to read again.
/// </remarks>
public sealed class QueuePause
{
    // For what is in hand. Beyond it the broker takes back what is not acknowledged.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, (IReceiveEndpoint Endpoint, bool IsReading)> _readers = new(StringComparer.Ordinal);
    private readonly bool _isRemote;
    private readonly TimeProvider _clock;

    internal QueuePause(bool isRemote, TimeProvider clock) => (_isRemote, _clock) = (isRemote, clock);

    /// <summary>Stops reading. Ends when what was in hand is done; queues that are paused stay so. One that cannot be read now will want another call later.</summary>
    /// <param name="queues">Some of <see cref="EndpointNames"/>.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task PauseAsync(IEnumerable<string> queues, CancellationToken cancellation)
    {
        if (!_isRemote) return;
        using var limit = new CancellationTokenSource(Longest, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        await Task.WhenAll(queues.Select(queue => _readers.TryGetValue(queue, out var reader) && reader.IsReading ? reader.Endpoint.Stop(either.Token) : Task.CompletedTask));
    }

    /// <summary>Reads again, as soon as the broker lets it; queues that are read already stay so.</summary>
    /// <param name="queues">As they were paused.</param>
    public void Resume(IEnumerable<string> queues)
    {
        if (!_isRemote) return;
        foreach (var queue in queues)
        {
            if (!_readers.TryGetValue(queue, out var reader)) continue;
            try
            {
                reader.Endpoint.Start(CancellationToken.None);
            }
            catch (InvalidOperationException)
            {
                // It is read: the bus was started anew meanwhile.
            }
        }
    }

    /// <summary>Learns who reads what.</summary>
    internal sealed class Observer(QueuePause pause) : IReceiveEndpointObserver
    {
        public Task Ready(ReceiveEndpointReady ready) => NoteAsync(ready, isReading: true);

        public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

        public Task Completed(ReceiveEndpointCompleted completed) => NoteAsync(completed, isReading: false);

        public Task Faulted(ReceiveEndpointFaulted faulted) => NoteAsync(faulted, isReading: false);

        private Task NoteAsync(ReceiveEndpointEvent change, bool isReading)
        {
            pause._readers[BusWatch.QueueOf(change.InputAddress)] = (change.ReceiveEndpoint, isReading);
            return Task.CompletedTask;
        }
    }
}
