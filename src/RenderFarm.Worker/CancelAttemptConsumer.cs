using MassTransit;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker;

/// <summary>Bus edge: stops the runs of an attempt that the record no longer wants.</summary>
internal sealed class CancelAttemptConsumer(HeldRuns runs) : IConsumer<CancelAttempt>
{
    public Task Consume(ConsumeContext<CancelAttempt> context)
    {
        runs.Cancel(context.Message.Attempt);
        return Task.CompletedTask;
    }
}
