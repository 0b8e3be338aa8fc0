using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks;

/// <summary>One figure: what was measured, its median with the 95 % interval, and what it should be.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Its unit; "ratio" for ratios.</param>
/// <param name="Median">Median over the pairs.</param>
/// <param name="Low">Lower end of the median's 95 % interval.</param>
/// <param name="High">Upper end of the median's 95 % interval.</param>
/// <param name="P5">5th percentile of the samples, nearest rank.</param>
/// <param name="P95">95th percentile of the samples, nearest rank.</param>
/// <param name="Samples">Pairs or runs measured.</param>
/// <param name="Target">What it should be, for example "≤ 1.05".</param>
/// <param name="Holds">False when the whole interval misses the target.</param>
internal sealed record Figure(
    string Name, string Unit, double Median, double Low, double High, double P5, double P95, int Samples, string Target, bool Holds);

/// <summary>Collects figures, prints them and writes them to the results folder with the machine and commit they belong to.</summary>
internal sealed class Results(int pairs)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<Figure> _figures = [];
    private readonly string _load = Load();

    /// <summary>Interleaved pairs to measure.</summary>
    public int Pairs => pairs;

    /// <summary>A figure that should be at most a bound.</summary>
    public void AtMost(string name, string unit, IEnumerable<double> samples, double bound) =>
        Add(name, unit, samples, $"≤ {bound.ToString(CultureInfo.InvariantCulture)}", (low, _) => low <= bound);

    /// <summary>A figure that should be at least a bound.</summary>
    public void AtLeast(string name, string unit, IEnumerable<double> samples, double bound) =>
        Add(name, unit, samples, $"≥ {bound.ToString(CultureInfo.InvariantCulture)}", (_, high) => high >= bound);

    /// <summary>A figure without a target.</summary>
    public void Note(string name, string unit, IEnumerable<double> samples) => Add(name, unit, samples, "", (_, _) => true);

    /// <summary>Writes the file; true when every target holds.</summary>
    public bool Write(string what)
    {
        var folder = Directory.CreateDirectory(Repository.PathTo("tests", "RenderFarm.Benchmarks", "results"));
        var document = new
        {
            what,
            commit = Commit(),
            machine = $"{Processor()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, .NET {Environment.Version}",

            // What else the machine was doing: about 0 when nothing.
            load_before = _load,
            figures = _figures,
        };
        var file = Path.Combine(folder.FullName, $"{what}.json");
        File.WriteAllText(file, JsonSerializer.Serialize(document, Json) + "\n");
        Console.WriteLine($"\n{document.machine}, commit {document.commit}\nwritten to {Path.GetRelativePath(Repository.Root, file)}");
        return _figures.TrueForAll(figure => figure.Holds);
    }

    private void Add(string name, string unit, IEnumerable<double> samples, string target, Func<double, double, bool> holds)
    {
        var sorted = samples.Order().ToArray();
        var (low, high) = MedianInterval(sorted);
        var figure = new Figure(name, unit, Median(sorted), low, high, Percentile(sorted, 0.05), Percentile(sorted, 0.95), sorted.Length, target, holds(low, high));
        _figures.Add(figure);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {figure.Median:G4} {unit} [{low:G4}, {high:G4}], n = {sorted.Length} {target} {(figure.Holds ? "" : "MISSED")}"));
    }

    private static double Median(double[] sorted) =>
        sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;

    /// <summary>Order statistics that enclose the median with 95 % (normal approximation of the binomial).</summary>
    private static (double Low, double High) MedianInterval(double[] sorted)
    {
        var half = 1.96 * Math.Sqrt(sorted.Length) / 2;
        var low = (int)Math.Max(0, Math.Floor((sorted.Length / 2.0) - half) - 1);
        var high = (int)Math.Min(sorted.Length - 1, Math.Ceiling((sorted.Length / 2.0) + half));
        return (sorted[low], sorted[high]);
    }

    private static double Percentile(double[] sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];

    // Results of earlier runs that are not committed yet do not make the code another.
    private static string Commit() => Run("git", "-C", Repository.Root, "rev-parse", "--short", "HEAD")
        + (Run("git", "-C", Repository.Root, "status", "--porcelain", "--", "src", "tests/*.cs").Length > 0 ? "-dirty" : "");

    private static string Load() => File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]) : "unknown";

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ", 2)[^1] ?? "unknown processor"
        : RuntimeInformation.ProcessArchitecture.ToString();

    private static string Run(string program, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = run.StandardOutput.ReadToEnd().Trim();
        run.WaitForExit();
        return output;
    }
}
