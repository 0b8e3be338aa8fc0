using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Reports;

/// <summary>
/// Wakes the event streams of this coordinator's clients; what other coordinators change comes through <see cref="CoordinatorSignals"/>. Only a wake-up: what ended is read from the record, so a lost one costs
/// a delay and nothing else. Progress is the exception; it is nowhere else, and losing it loses nothing.
/// </summary>
internal sealed class JobEventHub
{
    private readonly Lock _gate = new();
    private readonly Dictionary<JobId, List<JobListener>> _listeners = [];

    /// <summary>Listens to a job until disposed.</summary>
    public JobListener Listen(JobId job)
    {
        var listener = new JobListener(this, job);
        lock (_gate)
        {
            if (!_listeners.TryGetValue(job, out var ofJob)) _listeners[job] = ofJob = [];
            ofJob.Add(listener);
        }

        return listener;
    }

    /// <summary>Raised when this coordinator changed jobs, so that others can wake their clients.</summary>
    public event Action<IReadOnlyCollection<JobId>>? ChangedHere;

    /// <summary>Tasks of these jobs, or the jobs, have been changed in the record by this coordinator.</summary>
    public void Changed(IReadOnlyCollection<JobId> jobs)
    {
        ChangedElsewhere(jobs);
        if (jobs.Count > 0) ChangedHere?.Invoke(jobs);
    }

    /// <summary>Another coordinator has changed these jobs.</summary>
    public void ChangedElsewhere(IEnumerable<JobId> jobs)
    {
        foreach (var job in jobs) Wake(job, null);
    }

    /// <summary>Any job may have changed: word of it was lost, or there is too much of it.</summary>
    public void ChangedAnywhere()
    {
        lock (_gate)
        {
            foreach (var listener in _listeners.Values.SelectMany(ofJob => ofJob)) listener.Wake(null);
        }
    }

    /// <summary>A running task has come further.</summary>
    public void Progressed(JobId job, TaskProgressEvent progress) => Wake(job, progress);

    /// <summary>Stops listening.</summary>
    public void Remove(JobListener listener)
    {
        lock (_gate)
        {
            if (!_listeners.TryGetValue(listener.Job, out var ofJob)) return;
            ofJob.Remove(listener);
            if (ofJob.Count == 0) _listeners.Remove(listener.Job);
        }
    }

    private void Wake(JobId job, TaskProgressEvent? progress)
    {
        lock (_gate)
        {
            if (!_listeners.TryGetValue(job, out var ofJob)) return;
            foreach (var listener in ofJob) listener.Wake(progress);
        }
    }
}

/// <summary>One client's ear on a job. Wake-ups that come together are one; of a task's progress only the latest is kept.</summary>
internal sealed class JobListener(JobEventHub hub, JobId job) : IDisposable
{
    private readonly SemaphoreSlim _woken = new(0, 1);
    private readonly Dictionary<int, TaskProgressEvent> _progress = [];

    /// <summary>The job listened to.</summary>
    public JobId Job { get; } = job;

    /// <summary>Something happened; with progress, or null for a change in the record. Called by the hub, one at a time.</summary>
    public void Wake(TaskProgressEvent? progress)
    {
        if (progress is not null)
        {
            lock (_progress) _progress[progress.Index] = progress;
        }

        if (_woken.CurrentCount == 0) _woken.Release();
    }

    /// <summary>Waits for the next wake-up.</summary>
    /// <returns>False when the time passed without one.</returns>
    public async Task<bool> WaitAsync(TimeSpan longest, TimeProvider clock, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var woken = _woken.WaitAsync(either.Token);
        await Task.WhenAny(woken, Task.Delay(longest, clock, either.Token));
        await either.CancelAsync();
        try
        {
            await woken;
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The progress since the last call.</summary>
    public IReadOnlyList<TaskProgressEvent> TakeProgress()
    {
        lock (_progress)
        {
            TaskProgressEvent[] taken = [.. _progress.Values.OrderBy(progress => progress.Index)];
            _progress.Clear();
            return taken;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        hub.Remove(this);
        _woken.Dispose();
    }
}
