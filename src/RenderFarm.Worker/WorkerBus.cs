using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Messaging;

namespace RenderFarm.Worker;

/// <summary>What a worker brings to the bus of its process.</summary>
public static class WorkerBus
{
    // Taking an attempt costs nothing; the dispatcher bounds how many a device is given.
    private const int AttemptsAtOnce = 64;

    /// <summary>The worker's consumers and queues.</summary>
    public static BusPart Part { get; } = new(
        bus =>
        {
            bus.AddConsumer<RunAttemptConsumer>();
            bus.AddConsumer<CancelAttemptConsumer>();
        },
        (context, transport) =>
        {
            var worker = context.GetRequiredService<IOptions<WorkerOptions>>().Value.Name;
            transport.Queue(EndpointNames.Render(worker, WorkerIdentity.Device), QueueLife.Owned, endpoint =>
            {
                endpoint.PrefetchCount = AttemptsAtOnce;
                endpoint.ConfigureConsumer<RunAttemptConsumer>(context);
            });
            transport.Queue(EndpointNames.Control(worker), QueueLife.Owned, endpoint => endpoint.ConfigureConsumer<CancelAttemptConsumer>(context));
        });
}
