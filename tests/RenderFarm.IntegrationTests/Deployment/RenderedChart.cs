using k8s;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using RenderFarm.Testing;
using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

/// <summary>Tests of what the chart makes of a set of values in <c>helm/renderfarm/ci</c> and of further arguments of helm.</summary>
public abstract class RenderedChart(DeployCheck check) : IClassFixture<DeployCheck>
{
    private static readonly string Chart = Repository.PathTo("helm", "renderfarm");

    /// <summary>Kinds of other makers, whose fields are not looked at here.</summary>
    protected static Dictionary<string, Type> Kinds { get; } = new()
    {
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(object),
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(object),
        ["monitoring.coreos.com/v1/PodMonitor"] = typeof(object),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(object),
    };

    /// <summary>Runs helm.</summary>
    /// <returns>Its exit code, and manifests or faults.</returns>
    protected Task<(int Code, string Output)> HelmAsync(string values, IEnumerable<string> arguments)
    {
        check.Require();
        return DeployCheck.RunAsync(
            check.Helm, ["template", "farm", Chart, "--values", Path.Combine(Chart, "ci", values + "-values.yaml"), .. arguments], "", TestContext.Current.CancellationToken);
    }

    /// <summary>The manifests as text; asserts that helm takes the values.</summary>
    protected async Task<string> RenderAsync(string values, params string[] arguments)
    {
        var (code, output) = await HelmAsync(values, arguments);
        Assert.True(code == 0, output);
        return output;
    }

    /// <summary>The deployments among the manifests.</summary>
    protected async Task<IReadOnlyList<V1Deployment>> DeploymentsAsync(string values, params string[] arguments) =>
        [.. KubernetesYaml.LoadAllFromString(await RenderAsync(values, arguments), Kinds, strict: true).OfType<V1Deployment>()];

    /// <summary>Deployments of workers by the name of their pool.</summary>
    protected static Dictionary<string, V1Deployment> Pools(IEnumerable<V1Deployment> deployments) =>
        deployments.Where(deployment => deployment.Metadata.Labels.ContainsKey("renderfarm/pool")).ToDictionary(pool => pool.Metadata.Labels["renderfarm/pool"]);

    /// <summary>Value of the one variable of that name.</summary>
    protected static string Variable(V1Deployment deployment, string name) =>
        deployment.Spec.Template.Spec.Containers.Single().Env.Single(variable => variable.Name == name).Value;

    /// <summary>A worker's variables as the program reads them; a setting that it does not know, which it would ignore without a word, throws.</summary>
    protected static WorkerOptions OptionsOf(IEnumerable<V1EnvVar> variables)
    {
        var settings = variables.Where(variable => variable.Name.StartsWith("RENDERFARM__", StringComparison.Ordinal))
            .Select(variable => KeyValuePair.Create(variable.Name.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value.Replace("$(POD_NAME)", "pod-1", StringComparison.Ordinal)));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return configuration.GetSection(WorkerOptions.Section).Get<WorkerOptions>(binder => binder.ErrorOnUnknownConfiguration = true)!;
    }
}
