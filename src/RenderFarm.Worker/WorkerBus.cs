using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Worker.Devices;

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
            bus.AddConsumer<PrepareCheckpointConsumer>();
        },
        (context, transport) =>
        {
            var options = context.GetRequiredService<IOptions<WorkerOptions>>().Value;
            foreach (var (device, _) in DeviceNames.Of(options))
            {
                transport.Queue(EndpointNames.Render(options.Name, device), QueueLife.Owned, endpoint =>
                {
                    endpoint.PrefetchCount = AttemptsAtOnce;
                    endpoint.ConfigureConsumer<RunAttemptConsumer>(context);
                });
            }

            transport.Queue(EndpointNames.Control(options.Name), QueueLife.Owned, endpoint =>
            {
                endpoint.ConfigureConsumer<CancelAttemptConsumer>(context);
                endpoint.ConfigureConsumer<PrepareCheckpointConsumer>(context);
            });
        });
}
