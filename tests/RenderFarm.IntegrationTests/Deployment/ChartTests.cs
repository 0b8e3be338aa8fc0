using System.ComponentModel.DataAnnotations;
using k8s;
using k8s.Models;
using Xunit;

namespace RenderFarm.IntegrationTests.Deployment;

public sealed class ChartTests(DeployCheck check) : RenderedChart(check)
{
    public static TheoryData<string> ValueSets => ["minimal", "gpu-pools"];

    [Theory]
    [MemberData(nameof(ValueSets))]
    public async Task Manifests_hold_no_field_that_Kubernetes_does_not_know(string values)
    {
        var manifests = await RenderAsync(values);

        Assert.NotEmpty(KubernetesYaml.LoadAllFromString(manifests, Kinds, strict: true));
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(
            manifests.Replace("readOnlyRootFilesystem", "readOnlyRotFilesystem", StringComparison.Ordinal), Kinds, strict: true));
    }

    [Theory]
    [MemberData(nameof(ValueSets))]
    public async Task Containers_run_without_rights_on_a_read_only_root(string values)
    {
        foreach (var pod in (await DeploymentsAsync(values)).Select(deployment => deployment.Spec.Template.Spec))
        {
            Assert.True(pod.SecurityContext.RunAsNonRoot);
            Assert.False(pod.AutomountServiceAccountToken);
            Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
            Assert.All(pod.Containers, container =>
            {
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.NotNull(container.LivenessProbe);
                Assert.NotNull(container.ReadinessProbe);
                Assert.NotNull(container.StartupProbe);
                Assert.DoesNotContain(container.Env, variable => variable.Name.EndsWith("CONNECTION", StringComparison.Ordinal) || variable.Name.EndsWith("SECRETKEY", StringComparison.Ordinal));
            });
        }
    }

    [Theory]
    [MemberData(nameof(ValueSets))]
    public async Task Worker_gets_longer_to_stop_than_it_takes_to_hand_back(string values)
    {
        var workers = (await DeploymentsAsync(values)).Where(deployment => deployment.Metadata.Labels.ContainsKey("renderfarm/pool")).ToList();

        Assert.NotEmpty(workers);
        Assert.All(workers, worker =>
        {
            var grace = TimeSpan.Parse(Variable(worker, "RENDERFARM__WORKER__STOPGRACE"), System.Globalization.CultureInfo.InvariantCulture);
            // The bus stops after the worker and has ten seconds of its own.
            Assert.True(worker.Spec.Template.Spec.TerminationGracePeriodSeconds > grace.TotalSeconds + 10);
        });
    }

    [Theory]
    [MemberData(nameof(ValueSets))]
    public async Task Worker_takes_every_setting_it_is_given_and_fetches_checkpoints_within_the_size_of_its_volume(string values)
    {
        foreach (var worker in (await DeploymentsAsync(values)).Where(deployment => deployment.Metadata.Labels.ContainsKey("renderfarm/pool")))
        {
            var container = worker.Spec.Template.Spec.Containers.Single();
            var options = OptionsOf(container.Env);
            Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);

            var mount = container.VolumeMounts.Single(mount => options.CheckpointCache!.StartsWith(mount.MountPath + "/", StringComparison.Ordinal));
            Assert.NotEqual(true, mount.ReadOnlyProperty);
            var volume = worker.Spec.Template.Spec.Volumes.Single(volume => volume.Name == mount.Name);
            // A pod whose emptyDir outgrows its size is evicted with all it holds.
            if (volume.EmptyDir is { } disk) Assert.InRange(options.CheckpointCacheBytes, disk.SizeLimit.ToInt64() / 2, disk.SizeLimit.ToInt64() * 95 / 100);
            Assert.All(options.Checkpoints, folder => Assert.StartsWith("/", folder, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Folder_of_a_node_is_the_cache_of_one_worker_alone()
    {
        var pod = (await DeploymentsAsync("gpu-pools")).Select(deployment => deployment.Spec.Template).Single(pod => pod.Spec.Volumes.Any(volume => volume.HostPath is not null));

        var apart = pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution.Single();
        Assert.Equal("kubernetes.io/hostname", apart.TopologyKey);
        // Of any namespace: the node has one such folder.
        Assert.NotNull(apart.NamespaceSelector);
        var (label, value) = apart.LabelSelector.MatchLabels.Single();
        Assert.Equal(pod.Metadata.Labels[label], value);
    }

    [Fact]
    public async Task Pool_offers_upscalers_from_a_volume_that_it_cannot_write_to_and_none_without_one()
    {
        var pools = (await DeploymentsAsync("gpu-pools")).Concat(await DeploymentsAsync("minimal"))
            .Where(deployment => deployment.Metadata.Labels.ContainsKey("renderfarm/pool"))
            .ToDictionary(pool => pool.Metadata.Labels["renderfarm/pool"], pool => UpscalersOf(pool.Spec.Template.Spec));

        Assert.Equal("upscalers", pools["a10"]!.PersistentVolumeClaim.ClaimName);
        Assert.Equal("/srv/upscalers", pools["h100"]!.HostPath.Path);
        Assert.Null(pools["cpu"]);
    }

    [Fact]
    public async Task Authority_of_ones_own_is_mounted_where_SSL_CERT_FILE_names_it_and_a_pool_adds_to_what_all_have()
    {
        var pods = (await DeploymentsAsync("gpu-pools")).ToDictionary(deployment => deployment.Metadata.Name, deployment => deployment.Spec.Template.Spec);
        Assert.Equal(3, pods.Count);
        Assert.All(pods.Values, pod =>
        {
            var container = pod.Containers.Single();
            var file = container.Env.Single(variable => variable.Name == "SSL_CERT_FILE").Value;
            var mount = container.VolumeMounts.Single(mount => mount.MountPath == Path.GetDirectoryName(file));
            Assert.True(mount.ReadOnlyProperty);
            Assert.Equal("authority", pod.Volumes.Single(volume => volume.Name == mount.Name).ConfigMap.Name);
        });
        var own = pods.Single(pod => pod.Key.EndsWith("h100", StringComparison.Ordinal)).Value;
        Assert.Contains(own.Containers.Single().Env, variable => variable is { Name: "CUDA_MODULE_LOADING", Value: "LAZY" });
        Assert.Contains(own.Containers.Single().VolumeMounts, mount => mount is { Name: "scratch", MountPath: "/scratch" });
        Assert.Contains(own.Volumes, volume => volume.Name == "scratch");
        Assert.Single(pods.Values, pod => pod.Volumes.Any(volume => volume.Name == "scratch"));
        Assert.All(await DeploymentsAsync("minimal"), deployment =>
            Assert.DoesNotContain(deployment.Spec.Template.Spec.Containers.Single().Env, variable => variable.Name == "SSL_CERT_FILE"));
    }

    [Fact]
    public async Task Scaled_pool_leaves_its_size_to_KEDA_and_follows_the_cost_of_its_checkpoints()
    {
        var manifests = await RenderAsync("gpu-pools");

        Assert.Contains("""checkpoint=~"sd-v1\\.5|sdxl""", manifests, StringComparison.Ordinal);
        Assert.Contains("threshold: \"1200000000\"", manifests, StringComparison.Ordinal);
        Assert.All((await DeploymentsAsync("gpu-pools")).Where(one => one.Metadata.Labels.ContainsKey("renderfarm/pool")), one => Assert.Null(one.Spec.Replicas));
        Assert.All((await DeploymentsAsync("minimal")).Where(one => one.Metadata.Labels.ContainsKey("renderfarm/pool")), one => Assert.Equal(1, one.Spec.Replicas));
    }

    [Theory]
    [InlineData("store.endpoint is required", "store.endpoint=")]
    [InlineData("bus.coordinatorConnection is required", "bus.coordinatorConnection=")]
    [InlineData("bus.workerConnection is required", "bus.workerConnection=")]
    [InlineData("record.connection is required", "record.connection=")]
    [InlineData("/store/endpoint", "store.endpoint=s3.example.org")]
    [InlineData("/bus/workerConnection", "bus.workerConnection=http://rabbitmq")]
    [InlineData("/pools/0/name", "pools[0].name=Much_too_long_a_name")]
    [InlineData("/pools/0/checkpoints/0", "pools[0].checkpoints[0]=sd15")]
    [InlineData("/pools/0/cacheSize", "pools[0].cacheSize=20")]
    [InlineData("/pools/0/cacheSize", "pools[0].cacheSize=1.5Ti")]
    [InlineData("/pools/0/upscalersHostPath", "pools[0].upscalersHostPath=upscalers")]
    [InlineData("pool cpu has upscalersClaim and upscalersHostPath", "pools[0].upscalersClaim=upscalers", "pools[0].upscalersHostPath=/srv/upscalers")]
    [InlineData("/worker/stopGraceSeconds", "worker.stopGraceSeconds=301")]
    [InlineData("/coordinator/terminationGraceSeconds", "coordinator.terminationGraceSeconds=30")]
    [InlineData("/coordinator/extraEnv/0", "coordinator.extraEnv[0].value=x")]
    [InlineData("/coordinator/extraEnv/0/name", "coordinator.extraEnv[0].name=POD_NAME")]
    [InlineData("/worker/extraEnv/0/name", "worker.extraEnv[0].name=RENDERFARM__WORKER__NAME", "worker.extraEnv[0].value=gpu")]
    [InlineData("/pools/0/extraEnv/0/name", "pools[0].extraEnv[0].name=RenderFarm__Worker__Checkpoints__1", "pools[0].extraEnv[0].value=/checkpoints/sd15")]
    [InlineData("invalid propertyName 'Name'", "coordinator.settings.Name=one")]
    [InlineData("invalid propertyName 'slots'", "worker.settings.slots=4")]
    [InlineData("invalid propertyName 'Name'", "pools[0].settings.Name=gpu")]
    [InlineData("invalid propertyName 'Checkpoints__1'", "pools[0].settings.Checkpoints__1=/checkpoints/sd15")]
    [InlineData("/worker/extraVolumes/0/name", "worker.extraVolumes[0].name=cache")]
    [InlineData("/pools/0/extraVolumeMounts/0/mountPath", "pools[0].extraVolumeMounts[0].name=x", "pools[0].extraVolumeMounts[0].mountPath=/tmp")]
    [InlineData("replica", "coordinator.replica=2")]
    [InlineData("serverAddress is required", "autoscaling.enabled=true", "pools[0].scaling.min=0", "pools[0].scaling.max=2", "pools[0].scaling.pixelStepsPerSecond=1", "pools[0].scaling.workSeconds=1")]
    public async Task Wrong_value_is_refused_by_name(string named, params string[] settings)
    {
        string[] whole = ["pools[0].name=cpu", "pools[0].checkpoints[0]=/checkpoints/demo", "pools[0].resources.limits.memory=1Gi", .. settings];

        var (code, output) = await HelmAsync("minimal", whole.SelectMany(setting => new[] { "--set", setting }));

        Assert.NotEqual(0, code);
        Assert.Contains(named, output.Replace("at '", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    // The volume in which a worker finds the folder of its setting.
    private static V1Volume? UpscalersOf(V1PodSpec pod)
    {
        var container = pod.Containers.Single();
        if (OptionsOf(container.Env).UpscalerFolder is not { } folder) return null;
        var mount = container.VolumeMounts.Single(mount => mount.MountPath == folder);
        Assert.True(mount.ReadOnlyProperty);
        return pod.Volumes.Single(volume => volume.Name == mount.Name);
    }
}
