using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Messaging;

namespace RenderFarm.Worker;

/// <summary>What a worker brings to the bus of its process.</summary>
public static class WorkerBus
{
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
            var worker = context.GetRequiredService<IOptions<WorkerOptions>>().Value.Name;
            transport.ReceiveEndpoint(EndpointNames.Render(worker, WorkerIdentity.Device), endpoint => endpoint.ConfigureConsumer<RunAttemptConsumer>(context));
            transport.ReceiveEndpoint(EndpointNames.Control(worker), endpoint =>
            {
                endpoint.ConfigureConsumer<CancelAttemptConsumer>(context);
                endpoint.ConfigureConsumer<PrepareCheckpointConsumer>(context);
            });
        });
}
