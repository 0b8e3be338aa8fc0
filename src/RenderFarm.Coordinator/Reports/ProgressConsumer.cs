using MassTransit;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Rescue;

namespace RenderFarm.Coordinator.Reports;

/// <summary>The bus edge of what this coordinator alone is told: progress, which goes to listening clients and nowhere else, and its own probes.</summary>
internal sealed class ProgressConsumer(JobEventHub events, LeaseProbes probes) : IConsumer<AttemptsProgressed>, IConsumer<LeaseProbe>
{
    public Task Consume(ConsumeContext<AttemptsProgressed> context)
    {
        foreach (var progress in context.Message.Attempts)
            events.Progressed(progress.Attempt.Job, new TaskProgressEvent(progress.Attempt.Index, progress.Step, progress.Steps));
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<LeaseProbe> context)
    {
        probes.Return(context.Message);
        return Task.CompletedTask;
    }
}
