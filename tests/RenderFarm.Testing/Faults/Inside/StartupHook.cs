using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using RenderFarm.Testing.Faults.Inside;
using RenderFarm.Testing.Services;

/// <summary>
/// What .NET runs before <c>Main</c> of a program whose <c>DOTNET_STARTUP_HOOKS</c> names this assembly: the way by which faults get into the real
/// coordinator and worker, which hold no line of code for them. Its name and place are .NET's.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        DiagnosticListener.AllListeners.Subscribe(new HostListener());
        if (Environment.GetEnvironmentVariable(FarmNode.RoleVariable) is not { Length: > 0 } role) return;
        new Thread(EndWithOwner) { IsBackground = true }.Start();
        Environment.Exit(FarmNode.RunAsync(role).GetAwaiter().GetResult());
    }

    // The pipe closes when whoever started this process ends, however it ends: nothing is left behind by a killed test run.
    private static void EndWithOwner()
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
        }

        Signals.Send(Environment.ProcessId, Signal.Kill);
    }

    // Hosts announce themselves so that tools can add to them; test servers of ASP.NET Core do it this way too.
    private sealed class HostListener : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting") value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilding", Value: IHostBuilder host }) FaultRegistration.Configure(host);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
