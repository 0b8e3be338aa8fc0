using k8s;
using k8s.Models;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

/// <summary>What the chart's <c>settings</c> and <c>extraEnv</c> give to the programs, and what they may not.</summary>
public sealed class ChartSettingsTests(DeployCheck check) : RenderedChart(check)
{
    private static readonly string[] WholePool =
        ["--set-json", """pools=[{"name":"cpu","resources":{},"checkpoints":["/checkpoints/demo"],"upscalersClaim":"upscalers"}]""", "--set", "metrics.otlp.endpoint=http://collector:4317"];

    // A number of a file is read as one of JSON is, and one of the command line otherwise.
    [Theory]
    [InlineData("--set-json", "1048576", "1048576")]
    [InlineData("--set-json", "-4503599627370496", "-4503599627370496")]
    [InlineData("--set-json", "12", "12")]
    [InlineData("--set-json", "0.25", "0.25")]
    [InlineData("--set-json", "1048576.5", "1.0485765e+06")]
    [InlineData("--set-json", "true", "true")]
    [InlineData("--set-json", "\"1e6\"", "1e6")]
    [InlineData("--set", "1048576", "1048576")]
    public async Task Setting_that_is_a_whole_number_is_written_in_plain_digits_and_every_other_as_it_stands(string option, string value, string written)
    {
        var worker = Pools(await DeploymentsAsync("minimal", option, $"worker.settings.Probe={value}"))["cpu"];

        Assert.Equal(written, Variable(worker, "RENDERFARM__WORKER__PROBE"));
    }

    [Fact]
    public async Task Size_of_images_is_a_setting_of_one_pool_and_a_variable_of_another()
    {
        var pools = Pools(await DeploymentsAsync("gpu-pools"));

        Assert.Equal("1048576", Variable(pools["h100"], "RENDERFARM__WORKER__PIXELSPERIMAGE"));
        Assert.Equal(1_048_576, OptionsOf(pools["h100"].Spec.Template.Spec.Containers.Single().Env).PixelsPerImage);
        Assert.Equal(589_824, OptionsOf(pools["a10"].Spec.Template.Spec.Containers.Single().Env).PixelsPerImage);
    }

    [Fact]
    public async Task No_number_of_a_manifest_has_an_exponent()
    {
        (string Value, string Line)[] numbers =
        [
            ("coordinator.replicas", "replicas: 2592000"),
            ("coordinator.terminationGraceSeconds", "terminationGracePeriodSeconds: 2592000"),
            ("pools[0].scaling.min", "minReplicaCount: 2592000"),
            ("pools[0].scaling.max", "maxReplicaCount: 2592000"),
            ("autoscaling.pollingIntervalSeconds", "pollingInterval: 2592000"),
            ("autoscaling.cooldownSeconds", "cooldownPeriod: 2592000"),
            ("metrics.serviceMonitor.intervalSeconds", "interval: 2592000s"),
            ("podDisruptionBudget.coordinatorMaxUnavailable", "maxUnavailable: 2592000"),
            ("podDisruptionBudget.workerMaxUnavailable", "maxUnavailable: 2592000"),
        ];
        const string Unscaled = """pools[2]={"name":"cpu","replicas":2592000,"resources":{"limits":{"memory":2592000}}}""";

        var manifests = await RenderAsync("gpu-pools", ["--set-json", Unscaled, .. numbers.SelectMany(number => new[] { "--set-json", $"{number.Value}=2592000" })]);

        Assert.DoesNotMatch("[0-9]e[+][0-9]", manifests);
        Assert.All(numbers, number => Assert.Contains(number.Line, manifests, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("coordinator.extraEnv")]
    [InlineData("worker.extraEnv")]
    [InlineData("pools[0].extraEnv")]
    public async Task Variable_that_the_chart_or_its_Secret_sets_is_refused_among_further_ones_however_it_is_spelled(string place)
    {
        var own = await OwnVariablesAsync();
        // What configuration reads has no case.
        string[] spelled = [.. own, .. own.Where(name => name.StartsWith("RENDERFARM__", StringComparison.Ordinal)).Select(name => name.ToLowerInvariant())];

        var (code, output) = await HelmAsync("minimal", [.. WholePool, .. spelled.SelectMany((name, index) => new[] { "--set", $"{place}[{index}].name={name}" })]);

        Assert.NotEqual(0, code);
        var path = "/" + place.Replace("[0]", "/0", StringComparison.Ordinal).Replace('.', '/');
        Assert.All(spelled.Select((_, index) => $"'{path}/{index}/name'"), named => Assert.Contains(named, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Setting_of_the_same_meaning_is_refused_too()
    {
        foreach (var variable in (await OwnVariablesAsync()).Where(name => name.StartsWith("RENDERFARM__WORKER__", StringComparison.Ordinal)))
        {
            var setting = variable["RENDERFARM__WORKER__".Length..];
            var (code, output) = await HelmAsync("minimal", [.. WholePool, "--set", $"worker.settings.{setting}=1"]);

            Assert.True(code != 0, variable);
            Assert.Contains($"invalid propertyName '{setting}'", output, StringComparison.Ordinal);
        }
    }

    // Every variable of both programs that stands in a manifest without further ones, and what they read from files: those win over the environment, without a word.
    private async Task<IReadOnlyList<string>> OwnVariablesAsync()
    {
        var manifests = KubernetesYaml.LoadAllFromString(await RenderAsync("minimal", WholePool), Kinds, strict: true);
        var variables = manifests.OfType<V1Deployment>().SelectMany(deployment => deployment.Spec.Template.Spec.Containers.Single().Env).Select(variable => variable.Name);
        var own = variables.Concat(manifests.OfType<V1Secret>().SelectMany(secret => secret.StringData.Keys)).Distinct().ToList();
        string[] known = ["RENDERFARM__COORDINATOR__NAME", "RENDERFARM__WORKER__UPSCALERFOLDER", "OTEL_EXPORTER_OTLP_ENDPOINT", "RENDERFARM__RECORD__CONNECTION", "RENDERFARM__STORE__SECRETKEY"];
        Assert.All(known, name => Assert.Contains(name, own));
        return own;
    }
}
