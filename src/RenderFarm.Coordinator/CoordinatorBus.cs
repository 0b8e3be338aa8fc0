using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Hosting.Messaging;

namespace RenderFarm.Coordinator;

/// <summary>What a coordinator brings to the bus of its process.</summary>
public static class CoordinatorBus
{
    // As many reports at once as a batch holds: fewer would keep batches small under load.
    private const int ReportsAtOnce = 256;

    /// <summary>The consumers and queues of a coordinator, for <see cref="BusRegistration.AddFarmBus"/>.</summary>
    public static BusPart Part { get; } = new(Register, Declare);

    private static void Register(IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<AttemptConsumer>();
        bus.AddConsumer<ProgressConsumer>();
        bus.AddConsumer<WorkerConsumer>();
    }

    private static void Declare(IBusRegistrationContext context, IReceiveConfigurator transport)
    {
        var coordinator = context.GetRequiredService<IOptions<CoordinatorOptions>>().Value.Name;
        transport.ReceiveEndpoint(EndpointNames.Reports, endpoint =>
        {
            endpoint.PrefetchCount = ReportsAtOnce;
            endpoint.ConcurrentMessageLimit = ReportsAtOnce;
            // A store or a record that is away for a moment must not cost an image; beyond this the lease takes over.
            endpoint.UseMessageRetry(retry => retry.Exponential(8, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(200)));
            endpoint.ConfigureConsumer<AttemptConsumer>(context);
        });
        transport.ReceiveEndpoint(EndpointNames.Workers, endpoint =>
        {
            // One at a time keeps a worker's farewell behind its heartbeats.
            endpoint.ConcurrentMessageLimit = 1;
            endpoint.UseMessageRetry(retry => retry.Intervals(100, 500, 2_000));
            endpoint.ConfigureConsumer<WorkerConsumer>(context);
        });
        transport.ReceiveEndpoint(EndpointNames.Progress(coordinator), endpoint => endpoint.ConfigureConsumer<ProgressConsumer>(context));
    }
}
