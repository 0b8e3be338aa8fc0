using MassTransit;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Rescue;

namespace RenderFarm.Coordinator.Workers;

/// <summary>The bus edge of what workers say about themselves.</summary>
internal sealed class WorkerConsumer(WorkerRegistry registry, LeaseProbes probes) :
    IConsumer<WorkerAnnounced>,
    IConsumer<WorkerHeartbeat>,
    IConsumer<WorkerLeft>,
    IConsumer<LeaseProbe>
{
    public Task Consume(ConsumeContext<WorkerAnnounced> context) => registry.AnnounceAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<WorkerHeartbeat> context) => registry.HeartbeatAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<WorkerLeft> context) => registry.LeaveAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<LeaseProbe> context) => probes.ArriveAsync(context.Message, context.CancellationToken);
}
