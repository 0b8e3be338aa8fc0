using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Diffusion;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Worker;

/// <summary>
/// Latest step of every running attempt, sent a few times a second in one message for all: progress is for people, and must cost the
/// engine nothing.
/// </summary>
internal sealed class ProgressBoard(
    WorkerIdentity identity, IReportSender sender, IOptions<WorkerOptions> options, TimeProvider clock, ILogger<ProgressBoard> logger)
    : FarmLoop(options.Value.Progress, clock, logger)
{
    private readonly ConcurrentDictionary<Guid, Watcher> _watchers = new();
    private readonly TimeProvider _clock = clock;

    /// <summary>Follows a run on a device; <paramref name="started"/> runs once, when it gets its slot.</summary>
    public IProgress<GenerationProgress> Watch(HeldRun run, StepWatch steps, Action started) =>
        _watchers[run.Run.Value] = new Watcher(run, started, () => steps.Step(run.Run.Value, _clock.GetUtcNow()));

    public void Remove(HeldRun run, StepWatch steps)
    {
        _watchers.TryRemove(run.Run.Value, out _);
        steps.End(run.Run.Value, _clock.GetUtcNow());
    }

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        List<AttemptProgress> news = [];
        foreach (var watcher in _watchers.Values)
        {
            if (watcher.TakeNews() is { } progress) news.Add(new AttemptProgress(watcher.Attempt, watcher.Run, progress.Turn, progress.Turns));
        }

        if (news.Count > 0) await sender.ProgressAsync(new AttemptsProgressed(identity.Name, news), stopping);
        return false;
    }

    private sealed class Watcher(HeldRun run, Action started, Action stepped) : IProgress<GenerationProgress>
    {
        private int _turn = -1;
        private int _turns;
        private int _told;

        public AttemptId Attempt => run.Attempt;

        public RunId Run => run.Run;

        public void Report(GenerationProgress value)
        {
            stepped();
            Volatile.Write(ref _turns, value.Turns);
            if (Interlocked.Exchange(ref _turn, value.Turn) < 0) started();
        }

        public GenerationProgress? TakeNews()
        {
            var turn = Volatile.Read(ref _turn);
            if (turn <= _told) return null;
            _told = turn;
            return new GenerationProgress(turn, Volatile.Read(ref _turns));
        }
    }
}
