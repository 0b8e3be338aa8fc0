using RenderFarm.Contracts.Attempts;

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
