using System.Diagnostics;

namespace RenderFarm.Benchmarks;

/// <summary>The built program from nothing to four pictures, the way a person runs it.</summary>
internal static class ColdStartBenchmark
{
    private const int Runs = 7;

    public static async Task RunAsync(Results results)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "renderfarm.dll");
        List<double> seconds = [];
        for (var run = 0; run < Runs; run++)
        {
            var folder = Directory.CreateTempSubdirectory("renderfarm-cold-");
            var clock = Stopwatch.GetTimestamp();
            using var process = Process.Start(new ProcessStartInfo(
                "dotnet", [program, "render", "a red circle on a white background", "--images", "4", "--seed", "42", "--out", folder.FullName])
            {
                RedirectStandardOutput = true,
            })!;
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            seconds.Add(Stopwatch.GetElapsedTime(clock).TotalSeconds);
            if (process.ExitCode != 0 || folder.GetFiles("*.png").Length != 4) throw new InvalidOperationException("The program made no four pictures.");
            folder.Delete(recursive: true);
        }

        results.AtMost("render 4 demo images, start-up included", "s", seconds, 6);
    }
}
