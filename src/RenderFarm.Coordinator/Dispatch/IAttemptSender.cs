using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>Tells workers what to do. A lost message is said again when a heartbeat shows that it was lost.</summary>
internal interface IAttemptSender
{
    /// <summary>Whether messages can be sent.</summary>
    bool IsReady { get; }

    /// <summary>Sends attempts to a device, in one message.</summary>
    Task RunAsync(string worker, string device, IReadOnlyList<RunAttempt> commands, CancellationToken cancellation);

    /// <summary>Tells a worker that an attempt is no longer wanted.</summary>
    Task CancelAsync(string worker, CancelAttempt command, CancellationToken cancellation);

    /// <summary>Has a device load a checkpoint.</summary>
    Task PrepareAsync(string worker, PrepareCheckpoint command, CancellationToken cancellation);

    /// <summary>Sends a probe the way that heartbeats take.</summary>
    Task ProbeAsync(LeaseProbe probe, CancellationToken cancellation);

    /// <summary>Hands a probe on to the coordinator that asks.</summary>
    Task ReturnProbeAsync(LeaseProbe probe, CancellationToken cancellation);
}
