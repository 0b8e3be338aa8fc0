using MassTransit;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Coordinator.Workers.Heartbeats;
using RenderFarm.Hosting.Messaging.Queues;

namespace RenderFarm.Coordinator.Workers;

/// <summary>
/// The bus edge of what workers say about themselves. While the record is away, announcements and farewells are held; heartbeats and probes, which are said again
/// in a moment, are let go.
/// </summary>
internal sealed class WorkerConsumer(WorkerRegistry registry, GatheredHeartbeats heartbeats, LeaseProbes probes, Patience patience, TimeProvider clock) :
    IConsumer<WorkerAnnounced>,
    IConsumer<WorkerHeartbeat>,
    IConsumer<WorkerLeft>,
    IConsumer<LeaseProbe>
{
    public Task Consume(ConsumeContext<WorkerAnnounced> context) =>
        HoldAsync(context, () => registry.AnnounceAsync(RecordText.Of(context.Message), context.CancellationToken));

    public Task Consume(ConsumeContext<WorkerHeartbeat> context) =>
        patience.PassOverAsync(() => heartbeats.WriteAsync(RecordText.Of(context.Message), clock.Now(), context.CancellationToken), context.CancellationToken);

    public Task Consume(ConsumeContext<WorkerLeft> context) =>
        HoldAsync(context, () => registry.LeaveAsync(RecordText.Of(context.Message), context.CancellationToken));

    // Behind the heartbeats that came before it: it says that they were heard.
    public Task Consume(ConsumeContext<LeaseProbe> context) => patience.PassOverAsync(
        () => heartbeats.InTurnAsync(() => probes.ArriveAsync(context.Message, context.CancellationToken), context.CancellationToken), context.CancellationToken);

    private Task HoldAsync<T>(ConsumeContext<T> context, Func<Task> handle)
        where T : class => heartbeats.InTurnAsync(
        () => patience.HoldAsync(EndpointNames.Workers, context.Message, handle, context.CancellationToken), context.CancellationToken);
}
