using RenderFarm.Contracts;

namespace RenderFarm.Worker;

/// <summary>Everything the worker holds, waiting and running: what heartbeats list, and where a cancel finds its run.</summary>
internal sealed class HeldRuns
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, HeldRun> _runs = [];
    private TaskCompletionSource _empty = Completed();
    private readonly HashSet<string> _abandoned = new(StringComparer.Ordinal);
    private bool _closed;

    /// <summary>Takes a run; false when the worker is leaving, or the device's engine is stuck for good.</summary>
    public bool TryAdd(HeldRun run)
    {
        lock (_gate)
        {
            if (_closed || _abandoned.Contains(run.Device)) return false;
            if (_runs.Count == 0) _empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _runs.Add(run.Run.Value, run);
            return true;
        }
    }

    /// <summary>Lets a run go, after its last report was sent.</summary>
    public void Remove(HeldRun run)
    {
        lock (_gate)
        {
            if (_runs.Remove(run.Run.Value) && _runs.Count == 0) _empty.TrySetResult();
        }
    }

    public IReadOnlyList<HeldRun> Snapshot()
    {
        lock (_gate) return [.. _runs.Values];
    }

    public IReadOnlyList<Contracts.Workers.HeldRun> Entries() => [.. Snapshot().Select(run => new Contracts.Workers.HeldRun(run.Attempt, run.Run))];

    /// <summary>Stops every delivery of an attempt. Unknown attempts are no error: the run may have just ended.</summary>
    public void Cancel(AttemptId attempt)
    {
        foreach (var run in Snapshot().Where(run => run.Attempt == attempt)) run.Stop(StopCause.Canceled);
    }

    /// <summary>Takes no more, stops all, and completes when all have been handed back.</summary>
    public Task CloseAsync()
    {
        Task empty;
        lock (_gate)
        {
            _closed = true;
            empty = _empty.Task;
        }

        foreach (var run in Snapshot()) run.Stop(StopCause.Shutdown);
        return empty;
    }

    /// <summary>Takes no more for a device and waits for its engine no longer.</summary>
    public void Abandon(string device)
    {
        lock (_gate) _abandoned.Add(device);
        foreach (var run in Snapshot().Where(run => run.Device == device))
        {
            run.Stop(StopCause.Stuck);
            run.Abandon();
        }
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
