using System.Diagnostics;
using System.Text;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>A <see cref="FarmHost"/> in a process of its own.</summary>
internal sealed class FarmProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private FarmProcess(Process process) => _process = process;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Processor time it has used.</summary>
    public TimeSpan Processor
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

    /// <summary>Starts one and waits until it serves.</summary>
    public static async Task<FarmProcess> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. OwnAssembly(), "farm-host"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        var farm = new FarmProcess(Process.Start(start)!);
        farm._process.ErrorDataReceived += (_, line) => farm._errors.AppendLine(line.Data);
        farm._process.BeginErrorReadLine();
        var address = await farm._process.StandardOutput.ReadLineAsync();
        farm.Address = address is not null ? new Uri(address) : throw new InvalidOperationException($"A process of the farm did not start:\n{farm._errors}");
        return farm;
    }

    /// <summary>The end of what it complained about; empty when it did not.</summary>
    public string Complaints
    {
        get
        {
            var text = _errors.ToString();
            return text[Math.Max(0, text.Length - 4_000)..].Trim();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    // Started as `dotnet X.dll` or as the program itself.
    private static IEnumerable<string> OwnAssembly() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(FarmProcess).Assembly.Location] : [];
}
