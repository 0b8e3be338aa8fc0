using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Worker;

/// <summary>
/// Reports on their way to the bus, in order and as many at once as wait. While the bus cannot be reached they are kept and tried again, so finished work
/// is never thrown away.
/// </summary>
internal sealed class ReportOutbox(IReportSender sender, TimeProvider clock, ILogger<ReportOutbox> logger)
    : FarmLoop(TimeSpan.FromSeconds(1), clock, logger)
{
    /// <summary>Most reports in one message: some 100 KB, and as many as a coordinator writes in one transaction.</summary>
    public const int MaxReports = 256;

    // Under load one message carries what came up meanwhile; without load nothing waits for it.
    private static readonly TimeSpan MessagesApart = TimeSpan.FromMilliseconds(40);

    private readonly ConcurrentQueue<(object Report, Action? Sent)> _reports = new();

    /// <summary>Reports that the bus does not have yet.</summary>
    public int Waiting => _reports.Count;

    /// <summary>Takes a report; <paramref name="sent"/> runs when the bus has it.</summary>
    public void Add(object report, Action? sent = null)
    {
        _reports.Enqueue((report, sent));
        WakeSoon(MessagesApart);
    }

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        // Nobody else takes out, so what is looked at here is what is taken out below.
        var waiting = _reports.Take(MaxReports).ToList();
        if (waiting.Count == 0) return false;
        await sender.ReportAsync([.. waiting.Select(entry => entry.Report)], stopping);
        foreach (var (_, sent) in waiting)
        {
            _reports.TryDequeue(out _);
            sent?.Invoke();
        }

        // Whatever came during the send has asked for a pass of its own; a full message says that more was there before.
        return waiting.Count == MaxReports;
    }
}
