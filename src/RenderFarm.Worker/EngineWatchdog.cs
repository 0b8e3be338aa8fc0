using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Worker;

/// <summary>
/// Notices an engine that is stuck. First it asks: every run is stopped, which terminates the call as far as the inference library can. When
/// that does not help within the grace, the runs are given up: they are reported as failed by this worker, retryable elsewhere, and the worker
/// takes no more and says that it is not ready, since a native call cannot be ended but with its process.
/// </summary>
internal sealed class EngineWatchdog(
    StepWatch steps, HeldRuns runs, IOptions<WorkerOptions> options, TimeProvider clock, ILogger<EngineWatchdog> logger)
    : FarmLoop(options.Value.StuckAfter / 12, clock, logger)
{
    private readonly TimeProvider _clock = clock;
    private DateTimeOffset? _asked;

    /// <summary>Why the worker can render no more, in a sentence; null while it can.</summary>
    public string? Reason { get; private set; }

    protected override Task<bool> PassAsync(CancellationToken stopping)
    {
        var now = _clock.GetUtcNow();
        if (Reason is not null) return Task.FromResult(false);
        if (steps.StuckFor(now) is not { } silence)
        {
            _asked = null;
        }
        else if (_asked is not { } since)
        {
            WorkerLog.EngineStuck(logger, silence);
            _asked = now;
            foreach (var run in runs.Snapshot()) run.Stop(StopCause.Stuck);
        }
        else if (now - since >= options.Value.StuckGrace)
        {
            Reason = $"The engine has made no step for {silence.TotalSeconds:0} s and does not stop. Start the worker again.";
            WorkerLog.EngineAbandoned(logger, silence);
            runs.Abandon();
        }

        return Task.FromResult(false);
    }
}
