using MassTransit;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker;

/// <summary>Bus edge: takes a delivery into the waiting list and acknowledges it at once. From then on the lease owns the attempt.</summary>
internal sealed class RunAttemptConsumer(AttemptRunner runner) : IConsumer<RunAttempt>
{
    public Task Consume(ConsumeContext<RunAttempt> context)
    {
        // The queue is the device's: render.WORKER.DEVICE.
        runner.Take(context.Message, context.ReceiveContext.InputAddress.AbsolutePath.Split('.')[^1]);
        return Task.CompletedTask;
    }
}
