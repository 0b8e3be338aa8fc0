using MassTransit;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.Messaging;

namespace RenderFarm.Worker;

/// <summary>Bus edge: sends through MassTransit.</summary>
internal sealed class ReportSender(IBus bus) : IReportSender
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
