using RenderFarm.Testing.Faults;
using Xunit;

namespace RenderFarm.IntegrationTests.Faults;

/// <summary>A worker may die anywhere: every accepted job still ends with every image, once, and the right one.</summary>
[Collection("Faults")]
public sealed class KillMatrixTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Worker_killed_at_any_point_loses_and_doubles_nothing()
    {
        const int Seeds = 5;
        await using var farm = await FarmUnderTest.StartAsync(new FarmSettings { PoisonDeaths = 10, MaxRescues = 1_000 }, Cancellation);
        var ledger = new FarmLedger(farm);
        var outcome = await KillMatrix.RunAsync(farm, ledger, Seeds, jobs: 3, output.WriteLine, Cancellation);
        output.WriteLine(outcome.ToString());
        Assert.Equal(Seeds * KillPoints.OfWorker.Count, outcome.Runs);
        Assert.True(outcome.Verdict.IsClean, outcome.Verdict.ToString());
    }
}
