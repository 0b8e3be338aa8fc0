using MassTransit;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker;

/// <summary>Bus edge: takes a delivery into the waiting list and acknowledges it at once. From then on the lease owns the attempt.</summary>
internal sealed class RunAttemptConsumer(AttemptRunner runner) : IConsumer<RunAttempt>
{
    public Task Consume(ConsumeContext<RunAttempt> context)
    {
        runner.Take(context.Message);
        return Task.CompletedTask;
    }
}
