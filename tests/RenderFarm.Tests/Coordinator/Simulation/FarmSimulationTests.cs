using System.Text.Json;
using RenderFarm.Cli.Simulation;
using RenderFarm.Coordinator.Simulation;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Simulation;

public sealed class FarmSimulationTests
{
    private static readonly FarmSimulationOptions Small = new() { Workers = 20, Tenants = 30, ImagesPerDay = 100_000, Hours = 2 };

    [Fact]
    public async Task Equal_options_give_equal_reports_and_another_seed_another()
    {
        var text = await TextAsync(Small);

        Assert.Equal(text, await TextAsync(Small));
        Assert.NotEqual(text, await TextAsync(Small with { Seed = 2 }));
    }

    [Fact]
    public async Task Every_image_asked_for_is_done()
    {
        var report = await RunAsync(Small);

        Assert.Equal((long)(Small.ImagesPerDay * Small.Hours / 24), report.Images);
        Assert.All(report.Waiting, figures => Assert.True(figures.JobEnd.P50 >= figures.FirstImageStart.P50 && figures.FirstImageStart.P5 >= 0));
    }

    [Fact]
    public async Task Tenants_that_wait_side_by_side_get_equal_shares_of_cost()
    {
        var report = await RunAsync(Small with { Load = 2, ImagesPerDay = 400_000, Hours = 6 });

        Assert.True(report.TenantShares.Count > 20, $"{report.TenantShares.Count} windows");
        Assert.InRange(report.TenantShares.P5, 0.9, 1);
        Assert.InRange(report.TenantShares.P95, 1, 1.2);
    }

    [Fact]
    public async Task More_work_than_the_fleet_can_do_keeps_it_in_use_and_makes_the_day_longer()
    {
        var report = await RunAsync(Small with { Load = 2 });

        Assert.True(report.Hours > 1.5 * Small.Hours, $"{report.Hours} hours");
        Assert.True(report.Timeline[11].Utilisation > 0.7, $"{report.Timeline[11]}");
    }

    private static Task<SimulationReport> RunAsync(FarmSimulationOptions options) =>
        new FarmSimulation(options, () => new EngineTurns(8)).RunAsync(null, TestContext.Current.CancellationToken);

    private static async Task<string> TextAsync(FarmSimulationOptions options) =>
        JsonSerializer.Serialize(await RunAsync(options) with { Options = Small });
}
