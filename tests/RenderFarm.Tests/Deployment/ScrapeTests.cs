using RenderFarm.Testing;
using RenderFarm.Testing.Telemetry;
using Xunit;

namespace RenderFarm.Tests.Deployment;

public sealed class ScrapeTests
{
    [Fact]
    public async Task Every_instrument_is_scraped_and_rules_dashboard_and_chart_name_nothing_else()
    {
        var samples = MetricNames.SamplesIn(await ScrapedFarm.ScrapeAsync(TestContext.Current.CancellationToken));

        Assert.Equal(MetricNames.Instruments.Count, MetricNames.Instruments.Distinct().Count());
        Assert.All(MetricNames.Instruments, instrument =>
        {
            var name = instrument.Replace('.', '_');
            Assert.True(
                new[] { name, name + "_total", name + "_count", name + "_seconds_count" }.Any(samples.Contains), $"{instrument} is not among {string.Join(", ", samples)}");
        });
        Assert.All(
            ["infra/prometheus/alerts.yml", "infra/prometheus/alerts.test.yml", "infra/prometheus/scaling.test.yml", "infra/grafana/renderfarm.json", "helm/renderfarm/templates/_names.tpl"],
            (string file) =>
            {
                var used = MetricNames.UsedIn(File.ReadAllText(Repository.PathTo(file.Split('/'))));
                Assert.NotEmpty(used);
                Assert.Empty(used.Except(samples));
            });
    }

    [Fact]
    public void Dashboard_shows_every_instrument()
    {
        var used = MetricNames.UsedIn(File.ReadAllText(Repository.PathTo("infra", "grafana", "renderfarm.json")));

        Assert.All(MetricNames.Instruments, instrument =>
            Assert.Contains(used, name => name.StartsWith(instrument.Replace('.', '_'), StringComparison.Ordinal)));
    }
}
