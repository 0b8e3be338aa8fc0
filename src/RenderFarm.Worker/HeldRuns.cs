using RenderFarm.Contracts;

namespace RenderFarm.Worker;

/// <summary>What became of a delivery.</summary>
internal enum Delivery
{
    /// <summary>It is a run of its own.</summary>
    Taken,

    /// <summary>A run of the same attempt is held and goes on: its report answers both.</summary>
    Joined,

    /// <summary>The worker takes no more.</summary>
    Refused,
}

/// <summary>Everything the worker holds, waiting and running: what heartbeats list, and where a cancel finds its run.</summary>
internal sealed class HeldRuns
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, HeldRun> _runs = [];
    private readonly Dictionary<AttemptId, HeldRun> _latest = [];
    private TaskCompletionSource _empty = Completed();
    private bool _closed;

    /// <summary>Takes a run, unless one of its attempt is under way. One that was asked to stop is not joined: it will report that it stopped.</summary>
    public Delivery Take(HeldRun run)
    {
        lock (_gate)
        {
            if (_latest.TryGetValue(run.Attempt, out var held) && held.Cause == StopCause.None) return Delivery.Joined;
            if (_closed) return Delivery.Refused;
            if (_runs.Count == 0) _empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _runs.Add(run.Run.Value, run);
            _latest[run.Attempt] = run;
            return Delivery.Taken;
        }
    }

    /// <summary>Lets a run go, after its last report was sent.</summary>
    public void Remove(HeldRun run)
    {
        lock (_gate)
        {
            if (_latest.GetValueOrDefault(run.Attempt) == run) _latest.Remove(run.Attempt);
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
        var empty = TakeNoMore();
        foreach (var run in Snapshot()) run.Stop(StopCause.Shutdown);
        return empty;
    }

    /// <summary>Takes no more, hands back what waits, and completes when what has begun has ended too.</summary>
    public Task DrainAsync()
    {
        var empty = TakeNoMore();
        foreach (var run in Snapshot().Where(run => run.Phase == RunPhase.Waiting)) run.Stop(StopCause.Shutdown);
        return empty;
    }

    /// <summary>Asks an engine that makes no steps to let go of what it renders. What waits for it, or has its pixels, is not concerned.</summary>
    public void StopRendering(string device)
    {
        foreach (var run in On(device).Where(run => run.Phase == RunPhase.Rendering)) run.Stop(StopCause.Stuck);
    }

    /// <summary>Waits for a device's engine no longer: what it renders has failed, what waits for it goes back unspent, what is being stored goes on.</summary>
    public void Abandon(string device)
    {
        foreach (var run in On(device).Where(run => run.Phase != RunPhase.Storing))
        {
            run.Stop(run.Phase == RunPhase.Rendering ? StopCause.Stuck : StopCause.Shutdown);
            run.Abandon();
        }
    }

    /// <summary>Asks all that wait for a checkpoint on a device, or render with it, to let go: a call for it does not return.</summary>
    public void StopUsing(string device, string checkpoint)
    {
        foreach (var run in Using(device, checkpoint)) run.Stop(StopCause.Stuck);
    }

    /// <summary>Waits for that call no longer. What other checkpoints do on the device goes on.</summary>
    public void AbandonUsing(string device, string checkpoint)
    {
        foreach (var run in Using(device, checkpoint))
        {
            run.Stop(StopCause.Stuck);
            run.Abandon();
        }
    }

    private IEnumerable<HeldRun> Using(string device, string checkpoint) =>
        On(device).Where(run => run.Phase != RunPhase.Storing && run.Command.Recipe.Checkpoint == checkpoint);

    private IEnumerable<HeldRun> On(string device) => Snapshot().Where(run => run.Device == device);

    private Task TakeNoMore()
    {
        lock (_gate)
        {
            _closed = true;
            return _empty.Task;
        }
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
