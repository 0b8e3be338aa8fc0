using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Workers.Heartbeats;

/// <summary>A heartbeat on its way into the record.</summary>
/// <param name="message">What the worker says.</param>
/// <param name="arrivedAt">When it came: the time for which it speaks, however long it then waits.</param>
internal sealed class PendingHeartbeat(WorkerHeartbeat message, DateTimeOffset arrivedAt)
{
    /// <summary>What the worker says.</summary>
    public WorkerHeartbeat Message => message;

    /// <summary>When it came.</summary>
    public DateTimeOffset ArrivedAt => arrivedAt;

    /// <summary>Whether it was written once before, when the record did not know its worker.</summary>
    public bool IsSecondLook { get; set; }

    /// <summary>Completes when it is in the record, or is known not to count; fails when it could not be written.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// What workers say is handled one message after another, in the order of arrival; but heartbeats that stand side by side are gathered for a moment and go into
/// the record together, since a transaction costs the same for one of them as for many. A message counts as handled when its own part is.
/// </summary>
/// <remarks>
/// The bus hands over several messages at once, so two that come at the same moment may change places. A heartbeat that overtook its worker's announcement would
/// not be known to the record: the first time it is put back behind what has come meanwhile.
/// </remarks>
/// <param name="write">Writes some together and completes each, but for those that it leaves for a second look.</param>
/// <param name="clock">Measures how long they are gathered.</param>
internal sealed class GatheredHeartbeats(Func<IReadOnlyList<PendingHeartbeat>, Task> write, TimeProvider clock)
{
    /// <summary>Longest time that a heartbeat waits for others, 80 ms. The shortest lease that can be set, of a second, is twelve times as long.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(80);

    /// <summary>Most that go together, 4: as many messages as a coordinator takes in advance. With all of them here, no other can come.</summary>
    public const int Most = 4;

    private readonly Lock _gate = new();
    private Gathering? _open;
    private Task _last = Task.CompletedTask;

    /// <summary>Writes a heartbeat along with those beside it; completes when it is written or does not count.</summary>
    public Task WriteAsync(WorkerHeartbeat message, DateTimeOffset arrivedAt, CancellationToken cancellation)
    {
        var pending = new PendingHeartbeat(message, arrivedAt);
        Gather(pending);
        return pending.Done.Task.WaitAsync(cancellation);
    }

    /// <summary>Handles another message in its turn: after the heartbeats that came before it, which wait no longer for others, and before those that come later.</summary>
    public Task InTurnAsync(Func<Task> handle, CancellationToken cancellation)
    {
        lock (_gate)
        {
            Close();
            return _last = AfterAsync(_last);
        }

        async Task AfterAsync(Task before)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            await handle();
        }
    }

    private void Gather(PendingHeartbeat pending)
    {
        lock (_gate)
        {
            if (_open is null)
            {
                _open = new Gathering();
                _last = WriteAsync(_open, _last);
            }

            _open.Entries.Add(pending);
            if (_open.Entries.Count == Most) Close();
        }
    }

    private void Close()
    {
        _open?.Due.TrySetResult();
        _open = null;
    }

    private async Task WriteAsync(Gathering gathering, Task before)
    {
        using (clock.CreateTimer(_ => gathering.Due.TrySetResult(), null, Window, Timeout.InfiniteTimeSpan)) await gathering.Due.Task;
        // What comes while others are being handled still comes along.
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (_open == gathering) _open = null;
        }

        await write(gathering.Entries);
        foreach (var unknown in gathering.Entries.Where(pending => !pending.Done.Task.IsCompleted))
        {
            unknown.IsSecondLook = true;
            Gather(unknown);
        }
    }

    private sealed class Gathering
    {
        public List<PendingHeartbeat> Entries { get; } = [];

        public TaskCompletionSource Due { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
