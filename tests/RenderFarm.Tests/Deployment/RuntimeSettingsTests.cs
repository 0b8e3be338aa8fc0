using System.Text.Json;
using Xunit;

namespace RenderFarm.Tests.Deployment;

/// <summary>What the programs tell .NET about themselves, in the files that ship beside them.</summary>
public sealed class RuntimeSettingsTests
{
    [Fact]
    public void Memory_of_a_coordinator_does_not_go_by_the_size_of_its_hosts_cache() =>
        Assert.Equal(8 << 20, Settings("RenderFarm.Coordinator").GetProperty("System.GC.Gen0MaxBudget").GetInt32());

    [Theory]
    [InlineData("RenderFarm.Coordinator")]
    [InlineData("RenderFarm.Worker")]
    [InlineData("renderfarm")]
    public void Programs_leave_the_cores_to_the_engine(string program)
    {
        var properties = Settings(program);

        // Threads that wait for work sleep, and code is compiled without counters in it.
        Assert.Equal(0, properties.GetProperty("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit").GetInt32());
        Assert.False(properties.GetProperty("System.Runtime.TieredPGO").GetBoolean());
    }

    private static JsonElement Settings(string program)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{program}.runtimeconfig.json")));
        return file.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").Clone();
    }
}
