using Microsoft.Extensions.Hosting;

namespace RenderFarm.Hosting.Startup;

/// <summary>
/// The way out for a program that cannot go on but would be well after a new start: it stops in good order, and its exit code
/// (<see cref="FarmProgram.StartAgain"/>) tells its supervisor to start it again.
/// </summary>
public sealed class EarlyEnd(IHostApplicationLifetime lifetime)
{
    private string? _reason;

    /// <summary>Why the program ends before anybody asked it to, in a sentence; null while it does not.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Asks for the end; the first reason stays.</summary>
    public void For(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        lifetime.StopApplication();
    }
}
