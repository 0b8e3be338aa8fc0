using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Engine;

namespace RenderFarm.Tests.Diffusion.Engine;

/// <summary>An image with the UNet call during which it arrives and, maybe, is canceled.</summary>
internal sealed record PlannedImage(AnImage Image, int ArrivesAt, int? CanceledAt);

/// <summary>What happens to an engine.</summary>
/// <param name="Images">In order of name.</param>
/// <param name="Limits">Its limits.</param>
/// <param name="Memory">Latent cells of all rows that fit into one call.</param>
/// <param name="TransientFaults">Calls that run out of memory for no reason of their own; never two in a row.</param>
internal sealed record Plan(PlannedImage[] Images, TurnLimits Limits, int Memory, int[] TransientFaults);

/// <summary>
/// Carries a plan out: arrivals, cancels and faults happen inside UNet calls, on the engine's own thread, so that nothing is left to the machine's
/// mood. When the line runs dry before everybody has arrived, the next one comes at once.
/// </summary>
internal sealed class PlannedRun : IDisposable
{
    private readonly Plan _plan;
    private readonly FakeDenoiser _denoiser;
    private readonly DenoisingEngine _engine;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, CancellationTokenSource> _leaving = [];

    public PlannedRun(Plan plan)
    {
        _plan = plan;
        _denoiser = new FakeDenoiser(plan.Limits.TimestepPerRow, OnRun);
        _engine = new DenoisingEngine(_denoiser, plan.Limits, maxPixels: 256, TimeProvider.System);
    }

    /// <summary>How each image ended, by name.</summary>
    public Dictionary<int, Task<float[]>> Ends { get; } = [];

    /// <summary>Images canceled while they were there, with the number of calls begun by then.</summary>
    public Dictionary<int, int> Canceled { get; } = [];

    /// <summary>Names of the images in each call.</summary>
    public IReadOnlyList<float[]> Calls => _denoiser.Calls;

    /// <summary>Buffers not freed.</summary>
    public int OpenBuffers => _denoiser.Open;

    /// <summary>Runs until every image has ended.</summary>
    /// <exception cref="TimeoutException">Somebody is left waiting.</exception>
    public void Finish()
    {
        foreach (var planned in _plan.Images)
        {
            Arrive(planned);
            AllEnded();
        }

        Dispose();
    }

    public void Dispose()
    {
        _engine.Dispose();
        foreach (var source in _leaving.Values) source.Dispose();
    }

    private void AllEnded()
    {
        Task[] ends;
        lock (_gate) ends = [.. Ends.Values];
        if (Task.WhenAny(Task.WhenAll(ends)).Wait(TimeSpan.FromSeconds(30))) return;
        throw new TimeoutException($"Left waiting: {string.Join(", ", Ends.Where(end => !end.Value.IsCompleted).Select(end => end.Key))}.");
    }

    private void Arrive(PlannedImage planned)
    {
        lock (_gate)
        {
            if (Ends.ContainsKey(planned.Image.Name)) return;
            var leaving = _leaving[planned.Image.Name] = new CancellationTokenSource();
            Ends[planned.Image.Name] = _engine.RunAsync((planned.Image with { Leaving = leaving.Token }).ToSlot());
        }
    }

    private void OnRun(FakeDenoiser.Call call, RunOptions options)
    {
        var number = _denoiser.Calls.Count;
        lock (_gate)
        {
            foreach (var planned in _plan.Images)
            {
                var name = planned.Image.Name;
                if (planned.ArrivesAt == number) Arrive(planned);
                if (planned.CanceledAt != number || !Ends.TryGetValue(name, out var end) || end.IsCompleted) continue;
                _leaving[name].Cancel();
                Canceled[name] = number;
            }
        }

        if (options.Terminate) throw new InvalidOperationException("Terminated, as ONNX Runtime would say.");
        if (call.Rows * call.Shape.Height * call.Shape.Width > _plan.Memory || _plan.TransientFaults.Contains(number))
            throw new InsufficientMemoryException("Failed to allocate memory for requested buffer.");
    }
}
