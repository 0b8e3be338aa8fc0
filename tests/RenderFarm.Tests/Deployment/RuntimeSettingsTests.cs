using System.Text.Json;
using Xunit;

namespace RenderFarm.Tests.Deployment;

/// <summary>What the programs tell .NET about themselves, in the files that ship beside them.</summary>
public sealed class RuntimeSettingsTests
{
    [Theory]
    [InlineData("RenderFarm.Coordinator")]
    [InlineData("RenderFarm.Worker")]
    [InlineData("renderfarm")]
    public void Programs_leave_the_cores_to_the_engine(string program)
    {
        using var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{program}.runtimeconfig.json")));

        var properties = settings.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        // Threads that wait for work sleep, and code does not count its own calls for long.
        Assert.Equal(0, properties.GetProperty("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit").GetInt32());
        Assert.False(properties.GetProperty("System.Runtime.TieredPGO").GetBoolean());
    }
}
