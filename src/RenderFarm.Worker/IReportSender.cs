using MassTransit;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Messaging;

namespace RenderFarm.Worker;

/// <summary>How messages leave a worker.</summary>
internal interface IReportSender
{
    /// <summary>A durable report about an attempt. Completes when the bus has it.</summary>
    Task ReportAsync(object report, CancellationToken cancellation);

    /// <summary>An announcement, heartbeat or farewell.</summary>
    Task TellAsync(object message, CancellationToken cancellation);

    /// <summary>Progress for whoever listens now.</summary>
    Task ProgressAsync(AttemptsProgressed progress, CancellationToken cancellation);
}

/// <summary>Bus edge: sends through MassTransit.</summary>
internal sealed class BusReportSender(IBus bus) : IReportSender
{
    public Task ReportAsync(object report, CancellationToken cancellation) => SendAsync(EndpointNames.Reports, report, cancellation);

    public Task TellAsync(object message, CancellationToken cancellation) => SendAsync(EndpointNames.Workers, message, cancellation);

    public Task ProgressAsync(AttemptsProgressed progress, CancellationToken cancellation) => bus.Publish(progress, cancellation);

    private async Task SendAsync(string endpoint, object message, CancellationToken cancellation)
    {
        var sender = await bus.GetSendEndpoint(EndpointNames.Address(endpoint));
        await sender.Send(message, message.GetType(), cancellation);
    }
}
