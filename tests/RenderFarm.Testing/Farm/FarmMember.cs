using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using RenderFarm.Testing.Services;

namespace RenderFarm.Testing.Farm;

/// <summary>A coordinator or a worker as a process of its own, on a free port, to be asked, frozen and killed.</summary>
public sealed partial class FarmMember : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log;

    private FarmMember(Process process, ConcurrentQueue<string> log, Uri address)
    {
        (_process, _log) = (process, log);
        Client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Speaks to its API, or to its health.</summary>
    public HttpClient Client { get; }

    /// <summary>Processor time it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Largest memory it has had, bytes.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Its number.</summary>
    public int Pid => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>What it logged, both streams.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>Starts <c>RenderFarm.Coordinator</c> or <c>RenderFarm.Worker</c> and waits until it listens.</summary>
    /// <param name="program"><c>Coordinator</c> or <c>Worker</c>.</param>
    /// <param name="settings">Settings with the words of the configuration, such as <c>Bus:Connection</c>; each becomes <c>RENDERFARM__BUS__CONNECTION</c>.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="environment">Variables that are no settings of the farm; null for none.</param>
    /// <exception cref="InvalidOperationException">It ended before it listened; the message has its exit code and log.</exception>
    public static async Task<FarmMember> StartAsync(
        string program, IEnumerable<(string Key, string Value)> settings, CancellationToken cancellation, IReadOnlyDictionary<string, string>? environment = null)
    {
        var log = new ConcurrentQueue<string>();
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = Command(program, settings, environment), EnableRaisingEvents = true };
        void Read(string? line)
        {
            if (line is null) return;
            log.Enqueue(line);
            if (ListeningPattern().Match(line) is { Success: true } match) listening.TrySetResult(new Uri(match.Groups[1].Value));
        }

        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var ended = process.WaitForExitAsync(cancellation);
        if (await Task.WhenAny(listening.Task, ended) == ended)
        {
            await ended;
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {string.Join('\n', log)}");
        }

        return new FarmMember(process, log, await listening.Task);
    }

    /// <summary>Runs it to its end, for what must not start. A canceled test kills it.</summary>
    public static async Task<ProgramResult> RunAsync(
        string program, IEnumerable<(string Key, string Value)> settings, CancellationToken cancellation, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Process.Start(Command(program, settings, environment))!;
        await using var kill = cancellation.Register(process.Kill);
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return new ProgramResult(process.ExitCode, await output, await error);
    }

    /// <summary>SIGSTOP: frozen with its connections open.</summary>
    public void Freeze() => Signals.Send(Pid, Signal.Stop);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signals.Send(Pid, Signal.Continue);

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        Signals.Send(Pid, Signal.Kill);
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        Signals.Send(Pid, Signal.Terminate);
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo Command(string program, IEnumerable<(string Key, string Value)> settings, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"RenderFarm.{program}.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        foreach (var (key, value) in settings) start.Environment[$"RENDERFARM__{key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()}"] = value;
        return start;
    }

    [GeneratedRegex(@"Now listening on: (http://127\.0\.0\.1:\d+)")]
    private static partial Regex ListeningPattern();
}
