using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Worker;

/// <summary>
/// Reports on their way to the bus, in order. While the bus cannot be reached they are kept and tried again, so finished work is never thrown away.
/// </summary>
internal sealed class ReportOutbox(IReportSender sender, TimeProvider clock, ILogger<ReportOutbox> logger)
    : FarmLoop(TimeSpan.FromSeconds(1), clock, logger)
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(10);
    private readonly ConcurrentQueue<(object Report, Action? Sent)> _reports = new();
    private readonly TimeProvider _clock = clock;

    /// <summary>Takes a report; <paramref name="sent"/> runs when the bus has it.</summary>
    public void Add(object report, Action? sent = null)
    {
        _reports.Enqueue((report, sent));
        Wake();
    }

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        while (_reports.TryPeek(out var next))
        {
            // A bus in trouble may neither take a message nor refuse it.
            using var timeout = new CancellationTokenSource(SendTimeout, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
            await sender.ReportAsync(next.Report, either.Token);
            _reports.TryDequeue(out _);
            next.Sent?.Invoke();
        }

        return false;
    }
}
