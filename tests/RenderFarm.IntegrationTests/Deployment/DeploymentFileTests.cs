using RenderFarm.Testing.Telemetry;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

/// <summary>Every check of <c>infra/deploy-check.sh</c> as a test of its own.</summary>
public sealed class DeploymentFileTests(DeployCheck check) : IClassFixture<DeployCheck>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Shell_scripts_pass_shellcheck() => check.PassAsync("shell");

    [Fact]
    public Task Yaml_files_pass_yamllint() => check.PassAsync("yaml");

    [Fact]
    public Task Container_files_pass_the_linter() => check.PassAsync("dockerfiles");

    [Fact]
    public Task Compose_file_wants_secrets_and_is_whole_with_those_that_the_script_makes() => check.PassAsync("compose");

    [Fact]
    public Task Roles_of_the_record_may_do_what_they_need_and_no_more() => check.PassAsync("roles");

    [Fact]
    public Task Chart_passes_helm_lint_and_packs() => check.PassAsync("chart");

    [Fact]
    public Task Manifests_fit_the_schemas_of_Kubernetes_KEDA_and_the_Prometheus_operator() => check.PassAsync("schemas");

    [Fact]
    public Task Scaling_query_counts_work_once_and_knows_nothing_from_zero() => check.PassAsync("scaling");

    [Fact]
    public Task Alerts_fire_on_their_cause_and_stay_silent_without_it() => check.PassAsync("prometheus");

    [Fact]
    public async Task Unknown_check_is_refused()
    {
        check.Require();
        var (code, output) = await DeployCheck.RunAsync("bash", ["infra/deploy-check.sh", "nonsense"], "", Cancellation);

        Assert.Equal(2, code);
        Assert.Contains("no check is called nonsense", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_pass_the_linter_of_Prometheus()
    {
        check.Require();
        var scrape = await ScrapedFarm.ScrapeAsync(Cancellation);
        var ours = string.Concat(scrape.Split('\n').Where(line => line.Contains("renderfarm_", StringComparison.Ordinal)).Select(line => line + "\n"));

        var (code, output) = await DeployCheck.RunAsync("promtool", ["check", "metrics"], ours, Cancellation);

        Assert.True(code == 0, output);
        (code, _) = await DeployCheck.RunAsync("promtool", ["check", "metrics"], scrape + "renderfarm_tasks 1 2 3\n", Cancellation);
        Assert.NotEqual(0, code);
    }
}
