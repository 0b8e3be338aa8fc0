using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>The bus edge of dispatch.</summary>
internal sealed class AttemptSender(FarmSender sender) : IAttemptSender
{
    public bool IsReady => sender.IsReady;

    // A worker that does not know lists yet gets each attempt alone when its heartbeats miss it.
    public Task RunAsync(string worker, string device, IReadOnlyList<RunAttempt> commands, CancellationToken cancellation) =>
        SendAsync(EndpointNames.Render(worker, device), commands is [var only] ? only : new RunAttempts(commands), cancellation);

    public Task CancelAsync(string worker, CancelAttempt command, CancellationToken cancellation) =>
        SendAsync(EndpointNames.Control(worker), command, cancellation);

    public Task PrepareAsync(string worker, PrepareCheckpoint command, CancellationToken cancellation) =>
        SendAsync(EndpointNames.Control(worker), command, cancellation);

    public Task ProbeAsync(LeaseProbe probe, CancellationToken cancellation) => SendAsync(EndpointNames.Workers, probe, cancellation);

    public Task ReturnProbeAsync(LeaseProbe probe, CancellationToken cancellation) =>
        SendAsync(EndpointNames.Progress(probe.Coordinator), probe, cancellation);

    // Nothing here need outlive a crash of the broker: heartbeats show what was lost, and it is said again.
    private Task SendAsync(string queue, object message, CancellationToken cancellation) => sender.SendAsync(queue, message, isLasting: false, cancellation);
}
