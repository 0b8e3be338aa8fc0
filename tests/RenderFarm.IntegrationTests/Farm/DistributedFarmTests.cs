using System.Net;
using System.Security.Cryptography;
using RenderFarm.Contracts.Api;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using RenderFarm.Testing.Farm;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Farm;

/// <summary>The farm as an operator runs it: a coordinator and two workers as processes, on a real broker, database and object store.</summary>
public sealed class DistributedFarmTests : IAsyncLifetime
{
    private readonly string _bucket = S3Service.NewBucketName();
    private VirtualHost? _broker;
    private S3Service? _store;
    private string? _record;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await RabbitMqService.NewVirtualHostAsync();
        _store = await S3Service.SharedAsync();
        _record = await PostgresService.NewDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Two_hundred_images_of_two_workers_are_in_the_bucket_as_the_record_says()
    {
        const int images = 200;
        await using var coordinator = await FarmMember.StartAsync("Coordinator", [.. Shared(), ("Record:Connection", _record!)], Cancellation);
        await using var first = await StartWorkerAsync("one");
        await using var second = await StartWorkerAsync("two");
        await ReadyAsync(coordinator);
        await ReadyAsync(first);

        var job = await coordinator.Client.SubmitAsync(new SubmitJob { Prompt = "nothing at all", Images = images, Seed = 7, Determinism = "fast" }, Cancellation);
        Assert.Equal("completed", (await coordinator.Client.EndAsync(job.Id, Cancellation)).Status);

        using var bucket = new S3ObjectStore(
            new ObjectStoreOptions { Endpoint = _store!.Endpoint.ToString(), AccessKey = _store.AccessKey, SecretKey = _store.SecretKey, Bucket = _bucket }, TimeProvider.System);
        List<string> keys = [];
        await foreach (var key in bucket.ListAsync(ObjectKey.ForJob(job.Id), Cancellation)) keys.Add(key.Value);
        Assert.Equal(images, keys.Count);
        var tasks = await coordinator.Client.TasksAsync(job.Id, Cancellation);
        Assert.Equal(Enumerable.Range(0, images), tasks.Select(task => task.Index));
        foreach (var task in tasks)
        {
            var file = await coordinator.Client.GetByteArrayAsync(task.ImageUrl, Cancellation);
            Assert.Equal(20_000, file.Length);
            Assert.Equal(task.Sha256, Convert.ToHexStringLower(SHA256.HashData(file)));
            Assert.Equal(task.Recipe.ToCanonicalJson(), ImageReader.ReadTexts(file).Recipe);
        }

        Assert.Equal(["one", "two"], tasks.Select(task => task.Worker).Distinct().Order());
        Assert.All(await Task.WhenAll(first.StopAsync(Cancellation), second.StopAsync(Cancellation), coordinator.StopAsync(Cancellation)), code => Assert.Equal(0, code));
    }

    [Fact]
    public async Task Readiness_says_which_part_is_away_and_liveness_does_not_mind()
    {
        await using var proxy = new FaultProxy(_broker!.Address);
        await using var worker = await FarmMember.StartAsync(
            "Worker", [.. Shared().Where(setting => setting.Key != "Bus:Connection"), ("Bus:Connection", _broker.AddressVia(proxy.Port).ToString()), .. WorkerSettings("alone")], Cancellation);
        proxy.Refuse();
        string reasons;
        do
        {
            using var answer = await worker.Client.GetAsync("/health/ready", Cancellation);
            reasons = await answer.Content.ReadAsStringAsync(Cancellation);
        }
        while (!reasons.Contains("The bus cannot be reached; not read: control.alone, render.alone.", StringComparison.Ordinal));
        using var live = await worker.Client.GetAsync("/health/live", Cancellation);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        proxy.Accept();
        await ReadyAsync(worker);
    }

    [Theory]
    [InlineData("Coordinator", "Bus:Connection", "http://broker", "error: RenderFarm:Bus:Connection is neither memory nor the address of a broker; allowed is amqp://user:password@host:5672/vhost, or amqps:// for TLS")]
    [InlineData("Coordinator", "Bus:SendTimeout", "soon", "error: Failed to convert configuration value 'soon' at '")]
    [InlineData("Coordinator", "Record:Connection", "somewhere", "error: RenderFarm:Record:Connection is not a list of KEY=VALUE")]
    [InlineData("Worker", "Store:Folder", "/tmp", "error: RenderFarm:Store names either Folder (images on this machine) or Endpoint (an S3 server); both are set")]
    [InlineData("Worker", "Worker:Name", "Not a name", "error: Worker:Name is 1…63 lower-case letters, digits and hyphens")]
    [InlineData("Worker", "Worker:Checkpoints:0", "/nowhere", "/nowhere")]
    [InlineData("Worker", "Worker:Renderer", "dream", "error: Worker:Renderer is engine, or null to render nothing")]
    public async Task Wrong_setting_ends_the_process_with_one_sentence_and_exit_code_78(string program, string key, string value, string sentence)
    {
        var settings = Shared().Concat(program == "Worker" ? WorkerSettings("wrong") : [("Record:Connection", _record!)]).Where(setting => setting.Key != key).Append((key, value));
        var result = await FarmMember.RunAsync(program, settings, Cancellation);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'));
        Assert.Equal(78, result.ExitCode);
    }

    [Fact]
    public async Task Secrets_in_files_are_settings()
    {
        using var folder = new Testing.Coordinator.TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "RENDERFARM__BUS__CONNECTION"), "ftp://file", Cancellation);
        Environment.SetEnvironmentVariable("RENDERFARM_SECRETS", folder.Path);
        try
        {
            var result = await FarmMember.RunAsync("Coordinator", [.. Shared(), ("Record:Connection", _record!)], Cancellation);
            Assert.Contains("RenderFarm:Bus:Connection is neither memory nor", result.Error, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("RENDERFARM_SECRETS", null);
        }
    }

    private Task<FarmMember> StartWorkerAsync(string name) => FarmMember.StartAsync("Worker", [.. Shared(), .. WorkerSettings(name)], Cancellation);

    private static IEnumerable<(string Key, string Value)> WorkerSettings(string name) =>
    [
        ("Worker:Name", name), ("Worker:Checkpoints:0", Repository.DemoCheckpoint), ("Worker:Device", "cpu"),
        ("Worker:Renderer", "null"), ("Worker:NullImageBytes", "20000"), ("Worker:NullImageTime", "00:00:00.02"),
    ];

    private IEnumerable<(string Key, string Value)> Shared() =>
    [
        ("Bus:Connection", _broker!.Address.ToString()), ("Store:Endpoint", _store!.Endpoint.ToString()), ("Store:Bucket", _bucket),
        ("Store:AccessKey", _store.AccessKey), ("Store:SecretKey", _store.SecretKey),
    ];

    private static async Task ReadyAsync(FarmMember member)
    {
        while (true)
        {
            using var answer = await member.Client.GetAsync("/health/ready", Cancellation);
            if (answer.IsSuccessStatusCode) return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }
    }
}
