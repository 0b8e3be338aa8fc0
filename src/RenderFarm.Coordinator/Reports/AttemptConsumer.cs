using MassTransit;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Coordinator.Reports;

/// <summary>The bus edge of reports: a message is acknowledged when its report is committed.</summary>
internal sealed class AttemptConsumer(ReportWriter writer) :
    IConsumer<AttemptReports>,
    IConsumer<AttemptStarted>,
    IConsumer<AttemptSucceeded>,
    IConsumer<AttemptFailed>,
    IConsumer<AttemptReturned>,
    IConsumer<AttemptCanceled>
{
    public Task Consume(ConsumeContext<AttemptReports> context) => Task.WhenAll(
        context.Message.Reports.Select(Read).OfType<Report>().Select(report => writer.ReportAsync(report, context.CancellationToken)));

    public Task Consume(ConsumeContext<AttemptStarted> context) => writer.ReportAsync(Read(context.Message), context.CancellationToken);

    public Task Consume(ConsumeContext<AttemptSucceeded> context) => writer.ReportAsync(Read(context.Message), context.CancellationToken);

    public Task Consume(ConsumeContext<AttemptFailed> context) => writer.ReportAsync(Read(context.Message), context.CancellationToken);

    public Task Consume(ConsumeContext<AttemptReturned> context) => writer.ReportAsync(Read(context.Message), context.CancellationToken);

    public Task Consume(ConsumeContext<AttemptCanceled> context) => writer.ReportAsync(Read(context.Message), context.CancellationToken);

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
