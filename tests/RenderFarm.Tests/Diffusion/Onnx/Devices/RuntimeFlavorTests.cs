using System.Diagnostics;
using System.Text.Json;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx.Devices;

/// <summary>Which native ONNX Runtime a build carries, read from the projects as MSBuild evaluates them: the CUDA package itself is not needed.</summary>
public sealed class RuntimeFlavorTests
{
    [Theory]
    [InlineData("RenderFarm.Cli", "Cpu", "Microsoft.ML.OnnxRuntime")]
    [InlineData("RenderFarm.Cli", "Gpu", "Microsoft.ML.OnnxRuntime.Gpu")]
    [InlineData("RenderFarm.Worker", "Cpu", "Microsoft.ML.OnnxRuntime")]
    [InlineData("RenderFarm.Worker", "Gpu", "Microsoft.ML.OnnxRuntime.Gpu")]
    public async Task Program_carries_the_runtime_of_its_flavor_and_no_other(string project, string flavor, string package) =>
        Assert.Equal([package], await NativeRuntimesAsync(project, flavor));

    [Theory]
    [InlineData("RenderFarm.Diffusion")]
    [InlineData("RenderFarm.Hosting")]
    public async Task Libraries_leave_the_choice_to_programs(string project) => Assert.Empty(await NativeRuntimesAsync(project, "Gpu"));

    private static async Task<string[]> NativeRuntimesAsync(string project, string flavor)
    {
        var file = Repository.PathTo("src", project, $"{project}.csproj");
        using var run = Process.Start(new ProcessStartInfo(
            "dotnet", ["msbuild", file, "-getItem:PackageReference", $"-p:OnnxRuntimeFlavor={flavor}", "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(run.ExitCode == 0, output);
        using var items = JsonDocument.Parse(output);
        return [.. items.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Select(item => item.GetProperty("Identity").GetString()!)
            .Where(name => name.StartsWith("Microsoft.ML.OnnxRuntime", StringComparison.Ordinal) && !name.EndsWith(".Managed", StringComparison.Ordinal))];
    }
}
