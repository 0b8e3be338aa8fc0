using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Coordinator.Workers.Heartbeats;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;

namespace RenderFarm.Coordinator;

/// <summary>What a coordinator brings to the bus of its process.</summary>
public static class CoordinatorBus
{
    // Messages of many reports each: as many at once as workers send while one batch is being written.
    private const int ReportsAtOnce = 64;

    // As many as hide the way to the broker and back. More would be a loss: what a coordinator that freezes has in its hands is not heard by the others meanwhile, and
    // is old news when it wakes. This few cost a worker one heartbeat, and not the four of a lease.
    private const int WorkerMessagesAhead = GatheredHeartbeats.Most;

    // Ten minutes. A record that is away is not among these (Patience): what remains is a report that cannot be written at all; it is set aside, and the lease takes over.
    private const int ReportTries = 120;

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
        transport.Queue(EndpointNames.Reports, QueueLife.Lasting, endpoint =>
        {
            endpoint.PrefetchCount = ReportsAtOnce;
            endpoint.ConcurrentMessageLimit = ReportsAtOnce;
            endpoint.UseMessageRetry(retry => retry.Exponential(ReportTries, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(200)));
            endpoint.ConfigureConsumer<AttemptConsumer>(context);
        });
        transport.Queue(EndpointNames.Workers, QueueLife.Lasting, endpoint =>
        {
            // All that it has, so that heartbeats can be written together. They are handled in turn all the same (GatheredHeartbeats): a worker's farewell stays behind its heartbeats.
            endpoint.ConcurrentMessageLimit = WorkerMessagesAhead;
            endpoint.PrefetchCount = WorkerMessagesAhead;
            endpoint.UseMessageRetry(retry => retry.Intervals(100, 500, 2_000));
            endpoint.ConfigureConsumer<WorkerConsumer>(context);
        });
        transport.Queue(
            EndpointNames.Progress(coordinator), QueueLife.Owned, endpoint => endpoint.ConfigureConsumer<ProgressConsumer>(context), isSubscribed: true);
    }
}
