using MassTransit;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Messaging;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>The bus edge of dispatch.</summary>
internal sealed class AttemptSender(IBusControl bus) : IAttemptSender
{
    public bool IsReady => bus.CheckHealth().Status == BusHealthStatus.Healthy;

    public Task RunAsync(string worker, string device, RunAttempt command, CancellationToken cancellation) =>
        SendAsync(EndpointNames.Render(worker, device), command, cancellation);

    public Task CancelAsync(string worker, CancelAttempt command, CancellationToken cancellation) =>
        SendAsync(EndpointNames.Control(worker), command, cancellation);

    public Task PrepareAsync(string worker, PrepareCheckpoint command, CancellationToken cancellation) =>
        SendAsync(EndpointNames.Control(worker), command, cancellation);

    public Task ProbeAsync(LeaseProbe probe, CancellationToken cancellation) => SendAsync(EndpointNames.Workers, probe, cancellation);

    public Task ReturnProbeAsync(LeaseProbe probe, CancellationToken cancellation) =>
        SendAsync(EndpointNames.Progress(probe.Coordinator), probe, cancellation);

    private async Task SendAsync<T>(string endpoint, T command, CancellationToken cancellation)
        where T : class
    {
        var target = await bus.GetSendEndpoint(EndpointNames.Address(endpoint));
        await target.Send(command, cancellation);
    }
}
