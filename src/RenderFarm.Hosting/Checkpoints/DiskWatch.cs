namespace RenderFarm.Hosting.Checkpoints;

/// <summary>
/// Ends the wait for work on a disk that hangs. A call to such a disk, of a network mount that is gone say, comes back to nobody and takes no cancellation; so the
/// work is left where it is, and told to stop should the disk wake up. Work that moves bytes may take as long as it needs.
/// </summary>
public sealed class DiskWatch : IDisposable
{
    private readonly TaskCompletionSource _still = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _patience;
    private readonly bool _storeIsDisk;
    private readonly ITimer _timer;

    /// <param name="patience">Longest time without a sign of the disk.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="storeIsDisk">Whether what is brought to the disk comes from a store in a folder, which is a disk, too.</param>
    public DiskWatch(TimeSpan patience, TimeProvider clock, bool storeIsDisk = false)
    {
        (_patience, _storeIsDisk) = (patience, storeIsDisk);
        _timer = clock.CreateTimer(_ => _still.TrySetResult(), null, patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends when the work that was left has ended, which may be never; at once when none was.</summary>
    public Task Left { get; private set; } = Task.CompletedTask;

    /// <summary>The disk gave a sign: it took or gave bytes, or did what it was asked for.</summary>
    public void Moved() => _timer.Change(_patience, Timeout.InfiniteTimeSpan);

    /// <summary>The work waits for the store, which has its own bound: until this is disposed no sign is asked for. One in a folder has none, and its answer is asked for like the disk's.</summary>
    public IDisposable Away()
    {
        _timer.Change(_storeIsDisk ? _patience : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return new Return(this);
    }

    /// <summary>Does some work under this watch.</summary>
    /// <param name="work">The work; its token is canceled when it is left.</param>
    /// <param name="cancellation">Cancels the work, and waits for its end, or until the disk has been still for too long.</param>
    /// <returns>False when the disk was still for too long.</returns>
    public async Task<bool> EndsAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Elsewhere: the first call may be the one that hangs.
        var working = Task.Run(() => work(stop.Token), CancellationToken.None);
        if (await Task.WhenAny(working, _still.Task) == working)
        {
            stop.Dispose();
            await working;
            return true;
        }

        await stop.CancelAsync();
        Left = LeaveAsync(working, stop);
        return false;
    }

    /// <inheritdoc />
    public void Dispose() => _timer.Dispose();

    // Whoever left it hears no more of it, and its failure is that of the disk.
    private static async Task LeaveAsync(Task working, CancellationTokenSource stop)
    {
        await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private sealed class Return(DiskWatch watch) : IDisposable
    {
        public void Dispose() => watch.Moved();
    }
}
