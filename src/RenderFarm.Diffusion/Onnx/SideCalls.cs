namespace RenderFarm.Diffusion.Onnx;

/// <summary>
/// Calls of every graph but the UNet's: text encoders, VAE, upscalers, safety checker. Each takes memory of its own beside the UNet's, so only
/// <see cref="AtOnce"/> run at a time. One that does not fit is made once more with nothing else running, and only then fails. Safe for concurrent use.
/// </summary>
/// <remarks>
/// A second one hides what the first waits for; more would not end sooner, because each call has all threads of its graph or all of a GPU. Limitations: a
/// graph's arena keeps what it once took from the device, so memory that other graphs hold for later is not given back for the second try.
/// </remarks>
/// <param name="clock">Times the calls; null for the system's.</param>
internal sealed class SideCalls(TimeProvider? clock = null)
{
    /// <summary>Calls that run at a time.</summary>
    public const int AtOnce = 2;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly object _gate = new();
    private readonly List<long> _begun = [];
    private int _taken;
    private int _waitingAlone;

    /// <summary>Runs a call while the UNet rests; at first there is none, and it is run as it is.</summary>
    public Action<Action> WhileUNetRests { get; set; } = static call => call();

    /// <summary>How long the oldest of the calls that run now has been running, waits for its place left out; null while none does.</summary>
    public TimeSpan? Longest
    {
        get
        {
            lock (_gate) return _begun.Count == 0 ? null : _clock.GetElapsedTime(_begun[0]);
        }
    }

    /// <summary>Makes a native call that takes no place, such as loading a graph, and times it.</summary>
    public T Time<T>(Func<T> call)
    {
        var begun = _clock.GetTimestamp();
        lock (_gate) _begun.Add(begun);
        try
        {
            return call();
        }
        finally
        {
            lock (_gate) _begun.Remove(begun);
        }
    }

    /// <summary>Makes a call; blocks until it has a place and is done.</summary>
    /// <param name="call">Leaves nothing behind when it throws, so that it can be made again.</param>
    /// <exception cref="InsufficientMemoryException">It does not fit, even alone.</exception>
    public void Run(Action call)
    {
        if (FitsBesideOthers(call)) return;
        EnterAlone();
        try
        {
            WhileUNetRests(() => Time(call));
        }
        finally
        {
            Leave(AtOnce);
        }
    }

    private void Time(Action call) => Time(() =>
    {
        call();
        return true;
    });

    private bool FitsBesideOthers(Action call)
    {
        Enter();
        try
        {
            Time(call);
            return true;
        }
        catch (InsufficientMemoryException)
        {
            return false;
        }
        finally
        {
            Leave(1);
        }
    }

    // Newcomers let those pass that wait to be alone, who would wait for ever in a stream of them.
    private void Enter()
    {
        lock (_gate)
        {
            while (_taken >= AtOnce || _waitingAlone > 0) Monitor.Wait(_gate);
            _taken++;
        }
    }

    private void EnterAlone()
    {
        lock (_gate)
        {
            _waitingAlone++;
            while (_taken > 0) Monitor.Wait(_gate);
            _taken = AtOnce;
            _waitingAlone--;
        }
    }

    private void Leave(int places)
    {
        lock (_gate)
        {
            _taken -= places;
            Monitor.PulseAll(_gate);
        }
    }
}
