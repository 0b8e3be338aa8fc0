using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>
/// Tells workers which attempts are no longer wanted, beside whoever decided it: the record has it already, and every heartbeat that still lists the run brings
/// it up again. So nobody waits for the bus, a notice may be lost, and what waits is bounded.
/// </summary>
internal sealed class CancelNotices(IAttemptSender sender, ILogger<CancelNotices> logger) : BackgroundService
{
    private const int MostWaiting = 10_000;
    private const int AtOnce = 32;

    private readonly Channel<(string Worker, AttemptId Attempt)> _waiting = Channel.CreateBounded<(string, AttemptId)>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Has a worker told to stop an attempt, soon. Never waits, never fails.</summary>
    public void Tell(string worker, AttemptId attempt) => _waiting.Writer.TryWrite((worker, attempt));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Parallel.ForEachAsync(
                _waiting.Reader.ReadAllAsync(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken }, SendAsync);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The coordinator stops; heartbeats bring up whatever is left.
        }
    }

    private async ValueTask SendAsync((string Worker, AttemptId Attempt) notice, CancellationToken stopping)
    {
        // While the bus is away each would wait for its own time-out, and be old news when it is back.
        if (!sender.IsReady) return;
        try
        {
            await sender.CancelAsync(notice.Worker, new CancelAttempt(notice.Attempt), stopping);
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            CoordinatorLog.CancelFailed(logger, notice.Attempt, notice.Worker, error);
        }
    }
}
