using MassTransit;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Coordinator.Reports;

/// <summary>The bus edge of reports: a message is acknowledged when its report is committed.</summary>
internal sealed class AttemptConsumer(ReportWriter writer) :
    IConsumer<AttemptStarted>,
    IConsumer<AttemptSucceeded>,
    IConsumer<AttemptFailed>,
    IConsumer<AttemptReturned>,
    IConsumer<AttemptCanceled>
{
    public Task Consume(ConsumeContext<AttemptStarted> context) =>
        writer.ReportAsync(new StartReport(context.Message.Attempt, context.Message.Run, context.Message.Worker), context.CancellationToken);

    public Task Consume(ConsumeContext<AttemptSucceeded> context) => writer.ReportAsync(
        new SuccessReport(context.Message.Attempt, context.Message.Run, context.Message.Worker, context.Message.Image), context.CancellationToken);

    public Task Consume(ConsumeContext<AttemptFailed> context) => writer.ReportAsync(
        new FailureReport(context.Message.Attempt, context.Message.Run, context.Message.Worker, context.Message.Failure), context.CancellationToken);

    public Task Consume(ConsumeContext<AttemptReturned> context) =>
        writer.ReportAsync(new ReturnReport(context.Message.Attempt, context.Message.Run, context.Message.Worker), context.CancellationToken);

    // A worker cancels only what it was told to. Should the record still want the task, the attempt was handed back.
    public Task Consume(ConsumeContext<AttemptCanceled> context) =>
        writer.ReportAsync(new ReturnReport(context.Message.Attempt, context.Message.Run, context.Message.Worker), context.CancellationToken);
}
