using System.Diagnostics;
using RenderFarm.Testing.Faults.Inside;
using RenderFarm.Testing.Services;

namespace RenderFarm.Testing.Faults;

/// <summary>One coordinator or worker as a process of its own. Its output goes to a file.</summary>
public sealed class FarmProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly string _note;
    private int _disposed;

    private FarmProcess(string name, Process process, StreamWriter log, string note) => (Name, _process, _log, _note) = (name, process, log, note);

    /// <summary>Its name within the farm.</summary>
    public string Name { get; }

    /// <summary>Completes when it has ended, however it did.</summary>
    public Task Ended => _process.WaitForExitAsync();

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>What it ended with; only when it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Whether it ended by its own hand at the point it was given.</summary>
    public bool DiedAtItsPoint => _process.HasExited && File.Exists(_note);

    /// <summary>Processor time it has used.</summary>
    public TimeSpan ProcessorTime => _process.TotalProcessorTime;

    internal static FarmProcess Start(string role, string name, string folder, IReadOnlyDictionary<string, string> settings, (KillPoint Point, int Passage)? kill)
    {
        // Any program does: the startup hook takes over before its Main.
        var start = new ProcessStartInfo("dotnet", [System.Reflection.Assembly.GetEntryAssembly()!.Location])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        var note = Path.Combine(folder, $"{name}-{Guid.NewGuid():N}.note");
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(FarmProcess).Assembly.Location;
        // Many processes share few cores: quick to start counts, and so does memory.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment[FarmNode.RoleVariable] = role;
        start.Environment[KillSwitch.NoteVariable] = note;
        if (kill is { } at) start.Environment[KillSwitch.AtVariable] = $"{at.Point}:{at.Passage}";
        foreach (var (key, value) in settings) start.Environment[key] = value;
        var process = Process.Start(start)!;
        var log = new StreamWriter(Path.Combine(folder, $"{name}.log"), append: true) { AutoFlush = true };
        var result = new FarmProcess(name, process, log, note);
        process.OutputDataReceived += (_, line) => result.Log(line.Data);
        process.ErrorDataReceived += (_, line) => result.Log(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return result;
    }

    /// <summary>Sends it a signal; one that has ended hears nothing.</summary>
    public void Send(Signal signal)
    {
        if (!_process.HasExited) Signals.Send(_process.Id, signal);
    }

    /// <summary>Ends it at once and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await Ended;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await KillAsync();
        _process.Dispose();
        lock (_log) _log.Dispose();
    }

    private void Log(string? line)
    {
        if (line is null) return;
        lock (_log)
        {
            if (_log.BaseStream is { CanWrite: true }) _log.WriteLine(line);
        }
    }
}
