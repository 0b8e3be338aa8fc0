using System.Globalization;
using RenderFarm.Testing.Services;

namespace RenderFarm.Testing.Faults.Inside;

/// <summary>
/// Kills this process when it passes a point for the n-th time: <c>RENDERFARM_KILL_AT=PutDone:3</c>. The last thing it does is to write that it was
/// there into the file <c>RENDERFARM_KILL_NOTE</c>, so that whoever started it can tell this death from another.
/// </summary>
internal sealed class KillSwitch
{
    /// <summary>Names the point and the passage.</summary>
    public const string AtVariable = "RENDERFARM_KILL_AT";

    /// <summary>Names the file of the last words.</summary>
    public const string NoteVariable = "RENDERFARM_KILL_NOTE";

    private readonly KillPoint? _point;
    private readonly int _passage;
    private readonly string _note;
    private int _passed;

    private KillSwitch(KillPoint? point, int passage, string note) => (_point, _passage, _note) = (point, passage, note);

    /// <summary>As the environment says; without it, one that never kills.</summary>
    public static KillSwitch FromEnvironment()
    {
        if (Environment.GetEnvironmentVariable(AtVariable) is not { Length: > 0 } at) return new KillSwitch(null, 0, "");
        var parts = at.Split(':');
        return new KillSwitch(Enum.Parse<KillPoint>(parts[0]), int.Parse(parts[1], CultureInfo.InvariantCulture), Environment.GetEnvironmentVariable(NoteVariable)!);
    }

    /// <summary>Whether this passage of the point is the last thing that the process does. Each call is a passage.</summary>
    public bool IsDue(KillPoint point) => point == _point && Interlocked.Increment(ref _passed) == _passage;

    /// <summary>Passes a point.</summary>
    public void Pass(KillPoint point)
    {
        if (IsDue(point)) Kill();
    }

    /// <summary>Ends this process as the kernel's out-of-memory killer would.</summary>
    public void Kill()
    {
        if (_note.Length > 0) File.WriteAllText(_note, $"{_point}:{_passage}");
        Signals.Send(Environment.ProcessId, Signal.Kill);
        // The signal is on its way; nothing more may happen.
        Thread.CurrentThread.Join();
    }
}
