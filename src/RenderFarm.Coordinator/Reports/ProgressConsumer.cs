using MassTransit;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Coordinator.Reports;

/// <summary>The bus edge of progress, which goes to listening clients and nowhere else.</summary>
internal sealed class ProgressConsumer(JobEventHub events) : IConsumer<AttemptsProgressed>
{
    public Task Consume(ConsumeContext<AttemptsProgressed> context)
    {
        foreach (var progress in context.Message.Attempts)
            events.Progressed(progress.Attempt.Job, new TaskProgressEvent(progress.Attempt.Index, progress.Step, progress.Steps));
        return Task.CompletedTask;
    }
}
