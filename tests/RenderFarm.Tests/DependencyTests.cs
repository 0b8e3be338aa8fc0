using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.Tests;

/// <summary>The direction of dependencies: what each project may know, read from project files, lock files, sources and built assemblies.</summary>
public sealed partial class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["RenderFarm.Contracts"] = [],
        ["RenderFarm.Imaging"] = [],
        ["RenderFarm.Diffusion"] = ["RenderFarm.Imaging"],
        ["RenderFarm.Hosting"] = ["RenderFarm.Contracts"],
        ["RenderFarm.Coordinator"] = ["RenderFarm.Contracts", "RenderFarm.Hosting", "RenderFarm.Imaging"],
        ["RenderFarm.Worker"] = ["RenderFarm.Contracts", "RenderFarm.Hosting", "RenderFarm.Imaging", "RenderFarm.Diffusion"],
        ["RenderFarm.Cli"] =
        [
            "RenderFarm.Contracts", "RenderFarm.Hosting", "RenderFarm.Imaging", "RenderFarm.Diffusion", "RenderFarm.Coordinator", "RenderFarm.Worker",
        ],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Fact]
    public void Every_project_under_src_has_its_rule() =>
        Assert.Equal(Allowed.Keys.Order(), Directory.GetDirectories(Repository.PathTo("src")).Select(Path.GetFileName).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_file_references_only_what_its_place_allows(string project) =>
        Assert.Empty(References(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Except(Allowed[project]));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Built_assembly_references_only_what_its_place_allows(string project)
    {
        var assembly = Assembly.Load(project == "RenderFarm.Cli" ? "renderfarm" : project);
        var ours = assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("RenderFarm", StringComparison.Ordinal));
        Assert.Empty(ours.Except(Allowed[project]));
    }

    [Theory]
    [InlineData("RenderFarm.Worker", "Microsoft.EntityFrameworkCore")]
    [InlineData("RenderFarm.Worker", "Microsoft.Data.Sqlite")]
    [InlineData("RenderFarm.Worker", "Npgsql")]
    [InlineData("RenderFarm.Coordinator", "Microsoft.ML.OnnxRuntime")]
    [InlineData("RenderFarm.Contracts", "MassTransit")]
    [InlineData("RenderFarm.Diffusion", "MassTransit")]
    [InlineData("RenderFarm.Diffusion", "Microsoft.AspNetCore")]
    public void Project_is_free_of_a_package_also_through_others(string project, string package) =>
        Assert.DoesNotContain(LockedPackages(project), locked => locked.Name.StartsWith(package, StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void Worker_and_coordinator_hold_what_they_are_made_of()
    {
        // The counterpart of the rule above: were lock files read wrongly, nothing would ever be found in them.
        Assert.Contains(LockedPackages("RenderFarm.Coordinator"), locked => locked.Name.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal));
        Assert.Contains(LockedPackages("RenderFarm.Worker"), locked => locked.Name == "Microsoft.ML.OnnxRuntime.Managed");
    }

    [Fact]
    public void MassTransit_is_named_only_at_the_edges_of_the_bus() => AssertNamedOnlyIn(
        MassTransitName(), path => BusEdge().IsMatch(path) || path.StartsWith("RenderFarm.Hosting/Messaging/", StringComparison.Ordinal));

    [Fact]
    public void S3_types_are_named_only_in_the_S3_store() =>
        AssertNamedOnlyIn(S3Name(), path => path.StartsWith("RenderFarm.Hosting/ObjectStore/S3", StringComparison.Ordinal));

    [Fact]
    public void InferenceSession_is_named_only_in_the_Onnx_folder() =>
        AssertNamedOnlyIn(InferenceSessionName(), path => path.StartsWith("RenderFarm.Diffusion/Onnx/", StringComparison.Ordinal));

    [Fact]
    public void NetVips_is_named_only_in_Imaging()
    {
        AssertNamedOnlyIn(NetVipsName(), path => path.StartsWith("RenderFarm.Imaging/", StringComparison.Ordinal));
        Assert.Equal(["RenderFarm.Imaging"], Allowed.Keys.Where(project => References(project, "PackageReference").Contains("NetVips")));
    }

    [Theory]
    [InlineData("Jobs/Planning/JobPlanner.cs")]
    [InlineData("Jobs/Transitions.cs")]
    [InlineData("Dispatch/RetryPolicy.cs")]
    [InlineData("Dispatch/FairSelection.cs")]
    [InlineData("Dispatch/WorkerMatching.cs")]
    [InlineData("Dispatch/AloneTurns.cs")]
    [InlineData("Dispatch/DispatchRound.cs")]
    [InlineData("Rescue/LeaseClock.cs")]
    [InlineData("Rescue/Silence.cs")]
    [InlineData("Reports/ReportRules.cs")]
    [InlineData("Reports/TaskBatch.cs")]
    [InlineData("Workers/Heartbeats/HeartbeatRules.cs")]
    [InlineData("Workers/WorkerStanding.cs")]
    public void Rule_is_pure(string file)
    {
        var sources = Sources("RenderFarm.Coordinator").ToList();
        Assert.NotEmpty(sources);
        var code = Code(sources.Single(path => path.Replace('\\', '/').EndsWith("RenderFarm.Coordinator/" + file, StringComparison.Ordinal)));
        Assert.DoesNotMatch(ImpureName(), code);
    }

    [Fact]
    public void Clocks_chance_and_sleep_are_build_errors()
    {
        var banned = File.ReadAllText(Repository.PathTo("BannedSymbols.txt"));
        Assert.All(
            ["P:System.DateTime.UtcNow;", "P:System.DateTimeOffset.UtcNow;", "M:System.Random.#ctor;", "M:System.Threading.Thread.Sleep(System.Int32);"],
            (string symbol) => Assert.Contains(symbol, banned, StringComparison.Ordinal));
        Assert.Contains("BannedSymbols.txt", File.ReadAllText(Repository.PathTo("Directory.Build.props")), StringComparison.Ordinal);
    }

    [Fact]
    public void Native_ONNX_Runtime_is_chosen_by_executables_alone()
    {
        var choosing = Allowed.Keys.Where(project => References(project, "PackageReference")
            .Any(package => package is "Microsoft.ML.OnnxRuntime" or "Microsoft.ML.OnnxRuntime.Gpu"));
        Assert.All(choosing, project => Assert.Equal("Exe", ProjectFile(project).Descendants("OutputType").Single().Value));
        Assert.Contains("Microsoft.ML.OnnxRuntime.Managed", References("RenderFarm.Diffusion", "PackageReference"));
        Assert.DoesNotContain(LockedPackages("RenderFarm.Diffusion"), locked => locked.Name is "Microsoft.ML.OnnxRuntime" or "Microsoft.ML.OnnxRuntime.Gpu");
    }

    [Fact]
    public void MassTransit_stays_below_the_commercial_version_9()
    {
        var versions = XDocument.Load(Repository.PathTo("Directory.Packages.props")).Descendants("PackageVersion")
            .Where(package => ((string?)package.Attribute("Include"))!.StartsWith("MassTransit", StringComparison.Ordinal))
            .Select(package => (string?)package.Attribute("Version")).ToList();
        Assert.NotEmpty(versions);
        Assert.All(versions, version => Assert.EndsWith(",9)", version, StringComparison.Ordinal));

        var resolved = Allowed.Keys.SelectMany(LockedPackages).Where(locked => locked.Name.StartsWith("MassTransit", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(resolved);
        Assert.All(resolved, locked => Assert.StartsWith("8.", locked.Version, StringComparison.Ordinal));
    }

    private static void AssertNamedOnlyIn(Regex name, Func<string, bool> allowed)
    {
        var src = Repository.PathTo("src");
        var naming = Allowed.Keys.SelectMany(Sources)
            .Where(path => name.IsMatch(Code(path)))
            .Select(path => Path.GetRelativePath(src, path).Replace('\\', '/'));
        Assert.DoesNotContain(naming, path => !allowed(path));
    }

    private static IEnumerable<string> Sources(string project) =>
        Directory.EnumerateFiles(Repository.PathTo("src", project), "*.cs", SearchOption.AllDirectories)
            .Where(path => !BuildOutput().IsMatch(path[Repository.Root.Length..]));

    // Comments may speak of what code must not name.
    private static string Code(string path) => string.Join('\n', File.ReadLines(path).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    private static XDocument ProjectFile(string project) => XDocument.Load(Repository.PathTo("src", project, project + ".csproj"));

    private static List<string> References(string project, string kind) =>
        [.. ProjectFile(project).Descendants(kind).Select(reference => (string)reference.Attribute("Include")!)];

    private static List<(string Name, string? Version)> LockedPackages(string project)
    {
        using var lockFile = JsonDocument.Parse(File.ReadAllText(Repository.PathTo("src", project, "packages.lock.json")));
        return
        [
            .. lockFile.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject())
                .Select(package => (package.Name, package.Value.TryGetProperty("resolved", out var version) ? version.GetString() : null))
                .Where(package => !package.Name.StartsWith("renderfarm.", StringComparison.OrdinalIgnoreCase)),
        ];
    }

    [GeneratedRegex(@"(^|/)(?!I[A-Z])[A-Za-z]*(Consumer|ConsumerDefinition|Sender|Bus|BusPart|Registration)\.cs$")]
    private static partial Regex BusEdge();

    [GeneratedRegex(@"\bMassTransit\b")]
    private static partial Regex MassTransitName();

    [GeneratedRegex(@"\b(using Minio|Minio\.|using Amazon|Amazon\.S3)")]
    private static partial Regex S3Name();

    [GeneratedRegex(@"\bInferenceSession\b")]
    private static partial Regex InferenceSessionName();

    [GeneratedRegex(@"\bNetVips\b")]
    private static partial Regex NetVipsName();

    [GeneratedRegex(@"\b(EntityFrameworkCore|MassTransit|DbContext|TimeProvider\.System|HttpClient|File\.|Task\.Run)\b")]
    private static partial Regex ImpureName();

    [GeneratedRegex(@"[\\/](bin|obj)[\\/]")]
    private static partial Regex BuildOutput();
}
