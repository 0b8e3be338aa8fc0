using System.Diagnostics;
using System.Globalization;

namespace RenderFarm.Testing.Services;

/// <summary>
/// One server started by a script of <c>infra/services</c>, in a folder of its own. It lives no longer than this program: a holder waits on a pipe that
/// the system closes when this program ends, however it ends, and then kills the server and deletes the folder.
/// </summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly string _service;
    private readonly string[] _arguments;
    private readonly Process _holder;

    private LocalServer(string service, string folder, string[] arguments, Process holder, string answer)
    {
        (_service, Folder, _arguments, _holder, Answer) = (service, folder, arguments, holder, answer);
    }

    /// <summary>Where its data and logs are.</summary>
    public string Folder { get; }

    /// <summary>What the script said: how to reach the server.</summary>
    public string Answer { get; }

    /// <exception cref="ServiceUnavailableException">It does not start here.</exception>
    public static async Task<LocalServer> StartAsync(string service, params string[] arguments)
    {
        if (!OperatingSystem.IsLinux()) throw new ServiceUnavailableException(service, "it is started by a script for Linux; name a running one in the environment.");
        var folder = Path.Combine(Path.GetTempPath(), $"renderfarm-{service}-{Guid.NewGuid():N}");
        var holder = Process.Start(Script("setsid", ["bash", PathOf("hold"), service, folder, .. arguments], isHeld: true))!;
        var errors = holder.StandardError.ReadToEndAsync();
        if (await holder.StandardOutput.ReadLineAsync() is { } answer) return new LocalServer(service, folder, arguments, holder, answer);
        var reason = (await errors).Trim();
        throw new ServiceUnavailableException(service, $"infra/services/{service}.sh could not start it ({reason}). infra/services/install.sh installs what is missing.");
    }

    /// <summary>Ends it: <c>TERM</c> in good order, <c>KILL</c> as a crash. The data stay.</summary>
    public Task DownAsync(string signal) => RunAsync("down", Folder, signal);

    /// <summary>Starts it again with its data, on the same ports.</summary>
    public Task UpAsync() => RunAsync(["up", Folder, .. _arguments]);

    /// <summary>Stops it from doing anything, without ending it.</summary>
    public void Freeze() => Array.ForEach(Pids(), pid => Signals.Send(pid, Signal.Stop));

    /// <summary>Lets a frozen server go on.</summary>
    public void Thaw() => Array.ForEach(Pids(), pid => Signals.Send(pid, Signal.Continue));

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
    }

    private int[] Pids()
    {
        // Each server keeps the numbers of its processes where it likes.
        string[] files = _service switch
        {
            "rabbitmq" => ["broker.pid"],
            "postgres" => ["data/postmaster.pid"],
            _ => ["run/client.rgw.pid"],
        };
        return [.. files.Select(file => int.Parse(File.ReadLines(Path.Combine(Folder, file)).First().Trim(), CultureInfo.InvariantCulture))];
    }

    private async Task RunAsync(params string[] arguments)
    {
        using var script = Process.Start(Script("bash", ["-c", "exec bash \"$@\" >/dev/null 2>&1", "again", PathOf(_service), .. arguments], isHeld: false))!;
        await script.WaitForExitAsync();
        if (script.ExitCode != 0) throw new InvalidOperationException($"infra/services/{_service}.sh {arguments[0]} ended with {script.ExitCode}; logs are in {Folder}.");
    }

    private static ProcessStartInfo Script(string program, IEnumerable<string> arguments, bool isHeld) => new(program, arguments)
    {
        RedirectStandardInput = isHeld,
        RedirectStandardOutput = isHeld,
        RedirectStandardError = isHeld,
    };

    private static string PathOf(string script) => Repository.PathTo("infra", "services", script + ".sh");
}
