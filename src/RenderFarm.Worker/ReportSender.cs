using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;

namespace RenderFarm.Worker;

/// <summary>Bus edge: which message goes to which queue.</summary>
internal sealed class ReportSender(FarmSender sender) : IReportSender
{
    public Task ReportAsync(IReadOnlyList<object> reports, CancellationToken cancellation) =>
        sender.SendAsync(EndpointNames.Reports, new AttemptReports([.. reports.Select(AttemptReport.Of)]), isLasting: true, cancellation);

    public Task TellAsync(object message, CancellationToken cancellation) =>
        sender.SendAsync(EndpointNames.Workers, message, isLasting: false, cancellation);

    public Task ProgressAsync(AttemptsProgressed progress, CancellationToken cancellation) => sender.PublishAsync(progress, cancellation);
}
