using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker;

/// <summary>Why a held run is asked to stop.</summary>
internal enum StopCause
{
    /// <summary>Nobody asked.</summary>
    None,

    /// <summary>The record no longer wants it.</summary>
    Canceled,

    /// <summary>The process is leaving: the attempt goes back unspent.</summary>
    Shutdown,

    /// <summary>The engine makes no more steps, or a call that the run needs does not return.</summary>
    Stuck,
}

/// <summary>How far a held run is.</summary>
internal enum RunPhase
{
    /// <summary>For its pictures, its checkpoint or a slot.</summary>
    Waiting,

    /// <summary>In the engine.</summary>
    Rendering,

    /// <summary>Its pixels are out; file, object and report follow.</summary>
    Storing,
}

/// <summary>One delivery of an attempt from the moment it is taken until its last report is sent.</summary>
internal sealed class HeldRun(RunAttempt command, RunId run, string device) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abandon = new();
    private int _cause;
    private int _phase;

    public RunAttempt Command => command;

    public AttemptId Attempt => command.Attempt;

    public RunId Run => run;

    /// <summary>Name of the device that it runs on.</summary>
    public string Device => device;

    public CancellationToken Stopping => _stop.Token;

    /// <summary>Canceled when nobody waits for the engine any more.</summary>
    public CancellationToken Abandoned => _abandon.Token;

    /// <summary>The first cause given; later ones do not change it.</summary>
    public StopCause Cause => (StopCause)Volatile.Read(ref _cause);

    /// <summary>Moves on only.</summary>
    public RunPhase Phase
    {
        get => (RunPhase)Volatile.Read(ref _phase);
        set => Volatile.Write(ref _phase, (int)value);
    }

    /// <summary>Asks it to stop. One that has ended meanwhile hears nothing.</summary>
    public void Stop(StopCause cause)
    {
        if (Interlocked.CompareExchange(ref _cause, (int)cause, (int)StopCause.None) == (int)StopCause.None) Cancel(_stop);
    }

    /// <summary>Gives up on the engine, which was asked to stop and did not.</summary>
    public void Abandon() => Cancel(_abandon);

    public void Dispose()
    {
        _stop.Dispose();
        _abandon.Dispose();
    }

    // Whoever goes through the held runs may come to one whose last report is sent in this moment.
    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended, which is what was asked for.
        }
    }
}
