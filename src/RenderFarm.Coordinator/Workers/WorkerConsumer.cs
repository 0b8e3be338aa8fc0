using MassTransit;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Hosting.Messaging;

namespace RenderFarm.Coordinator.Workers;

/// <summary>
/// The bus edge of what workers say about themselves. While the record is away, announcements and farewells are held; heartbeats and probes, which are said again
/// in a moment, are let go.
/// </summary>
internal sealed class WorkerConsumer(WorkerRegistry registry, LeaseProbes probes, Patience patience) :
    IConsumer<WorkerAnnounced>,
    IConsumer<WorkerHeartbeat>,
    IConsumer<WorkerLeft>,
    IConsumer<LeaseProbe>
{
    public Task Consume(ConsumeContext<WorkerAnnounced> context) => patience.HoldAsync(
        EndpointNames.Workers, context.Message, () => registry.AnnounceAsync(RecordText.Of(context.Message), context.CancellationToken), context.CancellationToken);

    public Task Consume(ConsumeContext<WorkerHeartbeat> context) =>
        patience.PassOverAsync(() => registry.HeartbeatAsync(RecordText.Of(context.Message), context.CancellationToken), context.CancellationToken);

    public Task Consume(ConsumeContext<WorkerLeft> context) => patience.HoldAsync(
        EndpointNames.Workers, context.Message, () => registry.LeaveAsync(RecordText.Of(context.Message), context.CancellationToken), context.CancellationToken);

    public Task Consume(ConsumeContext<LeaseProbe> context) =>
        patience.PassOverAsync(() => probes.ArriveAsync(context.Message, context.CancellationToken), context.CancellationToken);
}
