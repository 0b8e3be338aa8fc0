using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.Messaging.Queues;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>
/// Leaves the queues that coordinators share to the others while the record cannot be reached from here, and reads them again when it answers. Otherwise this one
/// would take its share of heartbeats, which it can only let go, and a worker that is well would count as lost. When the record is away from all, nobody reads:
/// reports wait in the broker, and no lease ages, since no probe returns.
/// </summary>
/// <remarks>Asks only when messages fail: a record that is merely busy answers some of them.</remarks>
internal sealed class RecordWatch(RecordAbsence absence, FarmRecord record, QueuePause pause, TimeProvider clock, ILogger<RecordWatch> logger)
    : FarmLoop(Interval, clock, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(2);
    private static readonly string[] Shared = [EndpointNames.Reports, EndpointNames.Workers];
    private readonly TimeProvider _clock = clock;
    private bool _isPaused;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (!_isPaused && !absence.IsSuspected) return false;
        if (await AnswersAsync(stopping)) Resume();
        else await PauseAsync(stopping);
        return false;
    }

    private void Resume()
    {
        absence.Answered();
        if (!_isPaused) return;
        _isPaused = false;
        pause.Resume(Shared);
        CoordinatorLog.QueuesRead(logger);
    }

    private async Task PauseAsync(CancellationToken stopping)
    {
        if (!_isPaused) CoordinatorLog.QueuesLeft(logger, RecordAbsence.Suspicion);
        _isPaused = true;
        // Lets go what is in hand, for which the pause waits.
        absence.Confirm();
        // Every time: a bus that was started anew reads all its queues.
        await pause.PauseAsync(Shared, stopping);
    }

    private async Task<bool> AnswersAsync(CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(LongestAnswer, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            // Deletes nothing. A server that stands by for another one answers reads.
            await record.ReadAsync(db => db.Workers.Where(worker => worker.Name == "").ExecuteDeleteAsync(either.Token), either.Token);
            return true;
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            CoordinatorLog.RecordSilent(logger, error);
            return false;
        }
    }
}
