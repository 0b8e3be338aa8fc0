using System.Diagnostics;
using System.Text;

namespace RenderFarm.Testing.Farm;

/// <summary>What a run of the program left behind.</summary>
public sealed record ProgramResult(int ExitCode, string Output, string Error);

/// <summary>Runs the built program as a process of its own, as a person would.</summary>
public static class FarmProgram
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "renderfarm.dll");

    /// <summary>Starts the program with redirected streams.</summary>
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment.Remove("RENDERFARM_SERVER");
        start.Environment["NO_COLOR"] = "1";
        return Process.Start(start)!;
    }

    /// <summary>Runs the program to its end; a canceled test kills it.</summary>
    public static async Task<ProgramResult> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using var process = Start(arguments);
        await using var kill = cancellation.Register(() => process.Kill(entireProcessTree: true));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
        return new ProgramResult(process.ExitCode, await output, await error);
    }
}
