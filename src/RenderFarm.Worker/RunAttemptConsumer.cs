using MassTransit;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker;

/// <summary>Bus edge: takes deliveries into the waiting list and acknowledges them at once. From then on the lease owns the attempts.</summary>
internal sealed class RunAttemptConsumer(AttemptRunner runner) : IConsumer<RunAttempt>, IConsumer<RunAttempts>
{
    public Task Consume(ConsumeContext<RunAttempt> context)
    {
        runner.Take(context.Message, DeviceOf(context));
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<RunAttempts> context)
    {
        var device = DeviceOf(context);
        foreach (var command in context.Message.Attempts) runner.Take(command, device);
        return Task.CompletedTask;
    }

    // The queue is the device's: render.WORKER.DEVICE.
    private static string DeviceOf(ConsumeContext context) => context.ReceiveContext.InputAddress.AbsolutePath.Split('.')[^1];
}
