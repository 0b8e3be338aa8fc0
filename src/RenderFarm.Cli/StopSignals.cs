using System.Runtime.InteropServices;

namespace RenderFarm.Cli;

/// <summary>
/// Turns Ctrl-C and SIGTERM into a request to stop in good order. The second signal ends the program at once, for those who do not want to wait.
/// It is the only owner of these signals: a host inside this program must not install handlers of its own.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    public StopSignals() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
    ];

    /// <summary>Canceled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // Not canceling the second signal leaves it to the system, which ends the program without running any of our code.
        if (source.IsCancellationRequested) return;
        context.Cancel = true;
        source.Cancel();
    }
}
