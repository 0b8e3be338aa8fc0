using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Startup;

namespace RenderFarm.Worker;

/// <summary>
/// The last stage of a worker that cannot go on, because a device of it is stuck for good: a native call ends, and its memory comes back, only with the process.
/// The worker offers no device any more, hands back what waits, finishes what runs on its other devices, and ends so that its supervisor starts it again.
/// </summary>
internal sealed class Retirement(HeldRuns runs, EarlyEnd end, ILogger<Retirement> logger)
{
    private string? _reason;

    /// <summary>Why the worker takes no more, in a sentence; null while it does.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Begins; the first reason stays.</summary>
    public void Begin(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null) _ = EndAsync(reason);
    }

    // Without a bound of its own: what runs ends, or gets stuck and is given up too.
    private async Task EndAsync(string reason)
    {
        await runs.DrainAsync();
        WorkerLog.Retired(logger, reason);
        end.For(reason);
    }
}
