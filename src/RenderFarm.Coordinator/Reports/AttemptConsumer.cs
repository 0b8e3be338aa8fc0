using MassTransit;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;

namespace RenderFarm.Coordinator.Reports;

/// <summary>The bus edge of reports: a message is acknowledged when its report is committed.</summary>
internal sealed class AttemptConsumer(ReportWriter writer, Patience patience) :
    IConsumer<AttemptReports>,
    IConsumer<AttemptStarted>,
    IConsumer<AttemptSucceeded>,
    IConsumer<AttemptFailed>,
    IConsumer<AttemptReturned>,
    IConsumer<AttemptCanceled>
{
    public Task Consume(ConsumeContext<AttemptReports> context) => HoldAsync(context, context.Message.Reports.Select(Read).OfType<Report>());

    public Task Consume(ConsumeContext<AttemptStarted> context) => HoldAsync(context, [Read(context.Message)]);

    public Task Consume(ConsumeContext<AttemptSucceeded> context) => HoldAsync(context, [Read(context.Message)]);

    public Task Consume(ConsumeContext<AttemptFailed> context) => HoldAsync(context, [Read(context.Message)]);

    public Task Consume(ConsumeContext<AttemptReturned> context) => HoldAsync(context, [Read(context.Message)]);

    public Task Consume(ConsumeContext<AttemptCanceled> context) => HoldAsync(context, [Read(context.Message)]);

    private Task HoldAsync<T>(ConsumeContext<T> context, IEnumerable<Report> reports)
        where T : class => patience.HoldAsync(
        EndpointNames.Reports, context.Message, () => Task.WhenAll(reports.Select(report => writer.ReportAsync(report, context.CancellationToken))), context.CancellationToken);

    private static Report? Read(AttemptReport report) => report switch
    {
        { Started: { } started } => Read(started),
        { Succeeded: { } succeeded } => Read(succeeded),
        { Failed: { } failed } => Read(failed),
        { Returned: { } returned } => Read(returned),
        { Canceled: { } canceled } => Read(canceled),
        _ => null,
    };

    private static StartReport Read(AttemptStarted report) => new(report.Attempt, report.Run, report.Worker);

    private static SuccessReport Read(AttemptSucceeded report) => new(report.Attempt, report.Run, report.Worker, report.Image);

    private static FailureReport Read(AttemptFailed report) => new(report.Attempt, report.Run, report.Worker, report.Failure);

    private static ReturnReport Read(AttemptReturned report) => new(report.Attempt, report.Run, report.Worker);

    // A worker cancels only what it was told to. Should the record still want the task, the attempt was handed back.
    private static ReturnReport Read(AttemptCanceled report) => new(report.Attempt, report.Run, report.Worker);
}
