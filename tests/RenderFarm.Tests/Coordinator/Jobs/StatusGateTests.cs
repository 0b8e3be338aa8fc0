using System.Text.RegularExpressions;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs;

public sealed partial class StatusGateTests
{
    [Fact]
    public void Status_of_a_job_or_task_is_written_in_Transitions_or_by_a_statement_that_takes_it_from_there()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RenderFarm.sln"))) folder = folder.Parent!;
        var sources = Directory.GetFiles(Path.Combine(folder.FullName, "src", "RenderFarm.Coordinator"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith("Transitions.cs", StringComparison.Ordinal) && !path.Contains("obj", StringComparison.Ordinal));

        var outside = sources.SelectMany(path => File.ReadLines(path)
            .Where(line => Assignment().IsMatch(line) || (line.Contains("SetProperty(t => t.Status,", StringComparison.Ordinal) && !line.Contains("legal.To", StringComparison.Ordinal)))
            .Select(line => $"{Path.GetFileName(path)}: {line.Trim()}"));

        Assert.Empty(outside);
    }

    [GeneratedRegex(@"\b(job|task|row)\.Status = ")]
    private static partial Regex Assignment();
}
