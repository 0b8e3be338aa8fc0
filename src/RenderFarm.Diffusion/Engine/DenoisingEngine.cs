using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Denoising;

namespace RenderFarm.Diffusion.Engine;

/// <summary>
/// Runs the UNet for many images at once. It owns a fixed number of slots; at each turn it chooses images whose latents have the same shape, evaluates
/// the UNet once over all their rows (each with its own timestep, prompt and guidance), moves each image's sampler on, retires the finished and
/// admits the waiting. Rows never mix, so nobody's image changes because of its neighbours.
/// </summary>
/// <remarks>One thread of its own does all turns. It does not decode, and it never runs an image twice.</remarks>
internal sealed class DenoisingEngine : IDisposable
{
    private readonly UNet _unet;
    private readonly int _slots;
    private readonly TurnSelection _selection;
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<Slot> _waiting = new();
    private readonly SemaphoreSlim _arrivals = new(0);
    private readonly List<Slot> _active = [];
    private readonly List<Slot> _chosen = [];
    private readonly Dictionary<(int Rows, LatentShape Shape, int Tokens), UNetCall> _calls = [];
    private readonly Lock _callGate = new();
    private readonly Thread _thread;
    private RunOptions _runOptions = new();
    private bool _calling;
    private volatile bool _stopping;
    private long _turn;

    public DenoisingEngine(UNet unet, TurnSelection selection, int slots, TimeProvider clock)
    {
        _unet = unet;
        _selection = selection;
        _slots = slots;
        _clock = clock;
        _thread = new Thread(Loop) { IsBackground = true, Name = "denoising" };
        _thread.Start();
    }

    /// <summary>Turns done, for measurements.</summary>
    public long Turns => Interlocked.Read(ref _turn);

    /// <summary>Takes an image in. Its final latent comes through <see cref="Slot.Latent"/>.</summary>
    public async Task<float[]> RunAsync(Slot slot)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        await using var registration = slot.Cancellation.UnsafeRegister(static engine => ((DenoisingEngine)engine!).OnCanceled(), this);
        _waiting.Enqueue(slot);
        _arrivals.Release();
        // The thread may have drained the line for the last time just before.
        if (_stopping) slot.Cancel();
        return await slot.Latent;
    }

    private void Loop()
    {
        while (!_stopping)
        {
            Admit();
            if (_active.Count == 0)
            {
                _arrivals.Wait();
                continue;
            }

            var rows = _selection.Choose(_active, _chosen);
            Turn(rows);
            Retire();
        }

        foreach (var slot in _active) slot.Cancel();
        while (_waiting.TryDequeue(out var slot)) slot.Cancel();
    }

    private void Admit()
    {
        // A canceled image leaves before the next call, also from the middle of the line.
        for (var i = _active.Count - 1; i >= 0; i--)
        {
            if (!_active[i].IsCanceled) continue;
            _active[i].Cancel();
            _active.RemoveAt(i);
        }

        while (_active.Count < _slots && _waiting.TryDequeue(out var slot))
        {
            if (slot.IsCanceled)
            {
                slot.Cancel();
                continue;
            }

            slot.LastTurn = _turn;
            slot.Start(_clock.GetTimestamp());
            _active.Add(slot);
        }
    }

    private void Turn(int rows)
    {
        _turn++;
        var call = Call(rows, _chosen[0]);
        var row = 0;
        foreach (var slot in _chosen)
        {
            slot.Write(call, row);
            slot.LastTurn = _turn;
            row += slot.Rows;
        }

        if (!TryEvaluate(call)) return;
        row = 0;
        foreach (var slot in _chosen)
        {
            var rowsOfTurn = slot.Rows;
            slot.Read(call, row);
            row += rowsOfTurn;
        }
    }

    /// <summary>One UNet call. Returns false when it gave no predictions; whoever is to blame has been told.</summary>
    private bool TryEvaluate(UNetCall call)
    {
        try
        {
            lock (_callGate) _calling = true;
            _unet.Run(call, _runOptions);
            return true;
        }
        catch (OnnxRuntimeException error)
        {
            // A call that everybody left was terminated on purpose; the images leave in the next admission.
            if (_stopping || _chosen.TrueForAll(slot => slot.IsCanceled)) return false;
            foreach (var slot in _chosen)
            {
                slot.Fail(new GenerationException(GenerationError.EngineFailed, $"ONNX Runtime failed in the UNet: {error.Message}", error));
                _active.Remove(slot);
            }

            return false;
        }
        finally
        {
            lock (_callGate)
            {
                _calling = false;
                if (_runOptions.Terminate)
                {
                    _runOptions.Dispose();
                    _runOptions = new RunOptions();
                }
            }
        }
    }

    private void Retire()
    {
        foreach (var slot in _chosen)
        {
            if (slot.Latent.IsCompleted) continue;
            if (!slot.IsFinite())
            {
                slot.Fail(new GenerationException(
                    GenerationError.NotFinite, "The latent became infinite or NaN. Other settings (sampler, steps, guidance scale) may work."));
                _active.Remove(slot);
            }
            else if (slot.IsFinished)
            {
                slot.Complete();
                _active.Remove(slot);
            }
        }
    }

    private UNetCall Call(int rows, Slot slot)
    {
        var key = (rows, slot.Shape, slot.Tokens);
        if (_calls.TryGetValue(key, out var call)) return call;
        Debug.Assert(rows > 0, "a call has rows");
        return _calls[key] = _unet.Prepare(rows, slot.Shape, slot.Tokens, slot.TextWidth);
    }

    /// <summary>Ends the running native call, but only when nobody in it wants its result any more.</summary>
    private void OnCanceled()
    {
        lock (_callGate)
        {
            if (_calling && (_stopping || _chosen.TrueForAll(slot => slot.IsCanceled))) _runOptions.Terminate = true;
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
        foreach (var call in _calls.Values) call.Dispose();
        _runOptions.Dispose();
    }
}
