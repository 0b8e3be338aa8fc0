using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Worker.Devices;

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
            var options = context.GetRequiredService<IOptions<WorkerOptions>>().Value;
            var worker = options.Name;
            foreach (var (device, _) in DeviceNames.Of(options))
                transport.ReceiveEndpoint(EndpointNames.Render(worker, device), endpoint => endpoint.ConfigureConsumer<RunAttemptConsumer>(context));
            transport.ReceiveEndpoint(EndpointNames.Control(worker), endpoint =>
            {
                endpoint.ConfigureConsumer<CancelAttemptConsumer>(context);
                endpoint.ConfigureConsumer<PrepareCheckpointConsumer>(context);
            });
        });
}
