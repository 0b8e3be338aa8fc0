using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker;

/// <summary>How messages leave a worker.</summary>
internal interface IReportSender
{
    /// <summary>Durable reports about attempts, in order. Completes when the bus has all of them.</summary>
    Task ReportAsync(IReadOnlyList<object> reports, CancellationToken cancellation);

    /// <summary>An announcement, heartbeat or farewell.</summary>
    Task TellAsync(object message, CancellationToken cancellation);

    /// <summary>Progress for whoever listens now.</summary>
    Task ProgressAsync(AttemptsProgressed progress, CancellationToken cancellation);
}
