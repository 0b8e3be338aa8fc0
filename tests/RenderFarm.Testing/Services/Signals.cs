using System.ComponentModel;
using System.Runtime.InteropServices;

namespace RenderFarm.Testing.Services;

/// <summary>What can be done to a running program from outside, with Linux' numbers.</summary>
public enum Signal
{
    /// <summary>SIGKILL: ends at once, with no chance to say anything.</summary>
    Kill = 9,

    /// <summary>SIGTERM: asked to end.</summary>
    Terminate = 15,

    /// <summary>SIGCONT: goes on after a stop.</summary>
    Continue = 18,

    /// <summary>SIGSTOP: frozen, with all its connections open.</summary>
    Stop = 19,
}

/// <summary>Sends signals to child processes by their number.</summary>
public static partial class Signals
{
    /// <exception cref="Win32Exception">There is no such process.</exception>
    public static void Send(int pid, Signal signal)
    {
        // 0 and negative numbers name whole groups, the test runner's own among them.
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 2);
        if (Kill(pid, (int)signal) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Signal {signal} could not be sent to process {pid}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
