using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker.Telemetry;

/// <summary>Counts the reports that the bus took. One that it refused comes again and is counted then.</summary>
internal sealed class MeteredReportSender(IReportSender inner, WorkerMeters meters) : IReportSender
{
    public async Task ReportAsync(IReadOnlyList<object> reports, CancellationToken cancellation)
    {
        await inner.ReportAsync(reports, cancellation);
        foreach (var report in reports) meters.Reported(report);
    }

    public Task TellAsync(object message, CancellationToken cancellation) => inner.TellAsync(message, cancellation);

    public Task ProgressAsync(AttemptsProgressed progress, CancellationToken cancellation) => inner.ProgressAsync(progress, cancellation);
}
