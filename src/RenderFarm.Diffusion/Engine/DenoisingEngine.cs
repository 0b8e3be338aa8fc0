using System.Collections.Concurrent;
using RenderFarm.Diffusion.Denoising;

namespace RenderFarm.Diffusion.Engine;

/// <summary>
/// Runs the UNet for many images at once. At each turn it chooses images whose rows can share a call, evaluates the UNet once over all their rows
/// (each with its own timestep, prompt and guidance), moves each image's sampler on, retires the finished and admits the waiting. Rows never mix, so
/// nobody's image changes because of its neighbours.
/// </summary>
/// <remarks>
/// One thread of its own does all turns. It does not decode, and it never runs an image twice. A call that does not fit into memory is made again with
/// fewer images; only an image that does not fit alone, with everything else freed, fails. Alone means in the smallest call that holds it.
/// </remarks>
internal sealed class DenoisingEngine : IDisposable
{
    private readonly IDenoiser _denoiser;
    private readonly TurnLimits _limits;
    private readonly TurnSelection _selection;
    private readonly PixelBudget _budget;
    private readonly CallBuffers _buffers;
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<Slot> _arrived = new();
    private readonly ConcurrentQueue<Task> _betweenTurns = new();
    private readonly SemaphoreSlim _arrivals = new(0);
    private readonly List<Slot> _line = [];
    private readonly List<Slot> _chosen = [];
    private readonly Lock _callGate = new();
    private readonly Thread _thread;
    private KeptCall? _calling;
    private Slot? _lastTry;
    private volatile bool _stopping;
    private long _turns;

    /// <param name="denoiser">The network; stays the caller's.</param>
    /// <param name="limits">How large a call may be.</param>
    /// <param name="maxPixels">Most image pixels of one call, all rows together.</param>
    /// <param name="clock">Stamps the start of an image.</param>
    public DenoisingEngine(IDenoiser denoiser, TurnLimits limits, long maxPixels, TimeProvider clock)
    {
        _denoiser = denoiser;
        _limits = limits;
        _selection = new TurnSelection(limits);
        _budget = new PixelBudget(maxPixels);
        _buffers = new CallBuffers(denoiser);
        _clock = clock;
        _thread = new Thread(Loop) { IsBackground = true, Name = "denoising" };
        _thread.Start();
    }

    /// <summary>UNet calls made, for measurements.</summary>
    public long Turns => Interlocked.Read(ref _turns);

    /// <summary>Takes an image in. Its final latent comes through <see cref="Slot.Latent"/>.</summary>
    public async Task<float[]> RunAsync(Slot slot)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        await using var registration = slot.Cancellation.UnsafeRegister(static engine => ((DenoisingEngine)engine!).OnCanceled(), this);
        _arrived.Enqueue(slot);
        _arrivals.Release();
        // The thread may have drained the line for the last time just before.
        if (_stopping) slot.Cancel();
        return await slot.Latent;
    }

    /// <summary>Does something while no UNet call runs and none of their buffers is held; blocks until it is done. What it throws comes back.</summary>
    public void RunBetweenTurns(Action work)
    {
        var waiting = new Task(work);
        _betweenTurns.Enqueue(waiting);
        _arrivals.Release();
        // The thread may have looked for the last time just before; without it nothing runs.
        if (_stopping)
        {
            _thread.Join();
            WorkBetweenTurns();
        }

        waiting.GetAwaiter().GetResult();
    }

    private void WorkBetweenTurns()
    {
        if (_betweenTurns.IsEmpty) return;
        _buffers.Free();
        while (_betweenTurns.TryDequeue(out var waiting)) waiting.RunSynchronously(TaskScheduler.Default);
    }

    private void Loop()
    {
        while (!_stopping)
        {
            WorkBetweenTurns();
            Admit();
            if (_line.Count == 0)
            {
                _arrivals.Wait();
                continue;
            }

            Turn(_selection.Choose(_line, _chosen, _budget.Pixels));
            _line.RemoveAll(static slot => slot.Latent.IsCompleted);
        }

        foreach (var slot in _line) slot.Cancel();
        while (_arrived.TryDequeue(out var slot)) slot.Cancel();
        _buffers.Free();
        WorkBetweenTurns();
    }

    private void Admit()
    {
        while (_arrived.TryDequeue(out var slot))
        {
            _selection.Enter(slot);
            _line.Add(slot);
        }

        // A canceled image leaves before the next call, also from the middle of the line.
        foreach (var slot in _line)
        {
            if (slot.IsCanceled) slot.Cancel();
        }

        _line.RemoveAll(static slot => slot.Latent.IsCompleted);
    }

    private void Turn(int rows)
    {
        Interlocked.Increment(ref _turns);
        try
        {
            foreach (var slot in _chosen) slot.Start(_clock.GetTimestamp());
            var kept = _buffers.Get(_limits.Counts.Pad(rows), _chosen[0].Shape);
            Evaluate(kept);
            EngineMeter.Called(_chosen.Count, rows);
            _budget.Succeeded();
            _lastTry = null;
            Advance(kept.Call);
        }
        catch (OutOfMemoryException error)
        {
            Shrink(rows, error);
        }
        catch (Exception error)
        {
            // A call that everybody left was terminated on purpose; the images leave in the next admission.
            if (_stopping || _chosen.TrueForAll(slot => slot.IsCanceled))
            {
                // As after any other call in between: what did not fit before is tried twice anew.
                _lastTry = null;
                return;
            }

            FailChosen(GenerationError.EngineFailed, $"The UNet call failed: {error.Message}", error);
        }
    }

    private void Evaluate(KeptCall kept)
    {
        var row = 0;
        foreach (var slot in _chosen)
        {
            slot.Write(kept.Call, row);
            row += slot.Rows;
        }

        try
        {
            lock (_callGate) _calling = kept;
            _denoiser.Run(kept.Call, kept.Options);
        }
        finally
        {
            lock (_callGate)
            {
                _calling = null;
                kept.Renew();
            }
        }
    }

    private void Advance(IDenoiserCall call)
    {
        var row = 0;
        foreach (var slot in _chosen)
        {
            var rows = slot.Rows;
            slot.Read(call, row);
            row += rows;
            if (!slot.IsFinite())
            {
                slot.Fail(new GenerationException(
                    GenerationError.NotFinite, "The latent became infinite or NaN. Other settings (sampler, steps, guidance scale) may work."));
            }
            else if (slot.IsFinished)
            {
                slot.Complete();
            }
        }
    }

    /// <summary>Makes room and lets the images go on in smaller company.</summary>
    private void Shrink(int rows, OutOfMemoryException error)
    {
        var latent = _chosen[0].Shape.Latent;
        var count = _limits.Counts.Pad(rows);
        _buffers.Free();
        // Where counts are restricted, an image alone may need the very call that it shares: then leaving the others out makes it no smaller.
        var isSmallest = count == _limits.Counts.Pad(_chosen[0].Rows);
        if (isSmallest && _chosen[0] == _lastTry)
        {
            _lastTry = null;
            _chosen.RemoveAll(slot => _limits.Counts.Pad(slot.Rows) != count);
            FailChosen(
                GenerationError.OutOfMemory,
                $"The device's memory does not hold one image of {latent.Width}×{latent.Height} latent cells ({count} rows): {error.Message}",
                error);
            return;
        }

        _lastTry = isSmallest ? _chosen[0] : null;
        _budget.Exhausted((long)count * latent.Height * latent.Width * _limits.PixelsPerCell);
    }

    private void FailChosen(GenerationError kind, string message, Exception error)
    {
        foreach (var slot in _chosen) slot.Fail(new GenerationException(kind, message, error));
    }

    /// <summary>Ends the running native call, but only when nobody in it wants its result any more.</summary>
    private void OnCanceled()
    {
        lock (_callGate)
        {
            if (_calling is not null && (_stopping || _chosen.TrueForAll(slot => slot.IsCanceled))) _calling.Options.Terminate = true;
        }

        _arrivals.Release();
    }

    /// <summary>Cancels every image and waits for the thread to end.</summary>
    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        OnCanceled();
        _thread.Join();
    }
}
