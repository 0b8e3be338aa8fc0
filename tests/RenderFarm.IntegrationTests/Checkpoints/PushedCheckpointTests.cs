using System.Net;
using System.Net.Http.Json;
using RenderFarm.Cli;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Farm;
using Xunit;

namespace RenderFarm.IntegrationTests.Checkpoints;

/// <summary>A checkpoint's way from a folder through the store to a worker that had nothing, by the command line and the API.</summary>
public sealed class PushedCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Worker_with_an_empty_cache_renders_with_a_pushed_checkpoint_what_the_library_renders()
    {
        await using var farm = await RemoteFarm.StartAsync(_folder.Path);
        var pushed = await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "fetched");
        Assert.Equal((ExitCodes.Done, true), (pushed.ExitCode, pushed.Error.Contains("sent", StringComparison.Ordinal)));
        Assert.Empty(Directory.GetDirectories(RemoteFarm.CacheOf(_folder.Path)));

        var image = await RenderAsync(farm, "fetched");

        using var library = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint), new PipelineOptions { Device = "cpu" });
        var expected = await library.GenerateAsync(new GenerationRequest { Prompt = "a red circle", Seed = 3, Steps = 4 }, null, Cancellation);
        Assert.Equal(expected.Image.Pixels, ImageReader.Decode(image, int.MaxValue).Pixels);
        Assert.Single(Directory.GetDirectories(RemoteFarm.CacheOf(_folder.Path)));
        Assert.Contains((await farm.RunAsync("models")).Output.Split('\n'), line => line.StartsWith("fetched", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Worker_that_starts_again_mends_a_damaged_file_of_its_cache_before_it_renders()
    {
        byte[] before;
        await using (var farm = await RemoteFarm.StartAsync(_folder.Path))
        {
            await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "fetched");
            before = await RenderAsync(farm, "fetched");
        }

        var weights = Directory.GetFiles(RemoteFarm.CacheOf(_folder.Path), "model.onnx", SearchOption.AllDirectories).Single(file => file.Contains("unet", StringComparison.Ordinal));
        await using (var file = File.OpenWrite(weights))
        {
            file.Position = file.Length / 2;
            file.Write(new byte[64]);
        }

        await using var again = await RemoteFarm.StartAsync(_folder.Path);
        Assert.Equal(before, await RenderAsync(again, "fetched"));
    }

    [Fact]
    public async Task Second_push_sends_nothing_and_pull_gives_the_same_files()
    {
        await using var farm = await RemoteFarm.StartAsync(_folder.Path);
        var first = await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "one");
        var second = await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "two");
        var target = Path.Combine(_folder.Path, "pulled");
        var pulled = await farm.RunAsync("models", "pull", "two", target);

        Assert.Equal(first.Output.Split(' ')[1..], second.Output.Split(' ')[1..]);
        Assert.DoesNotContain("sent", second.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.Done, first.Output.Split(' ')[1]), (pulled.ExitCode, pulled.Output.Trim()));
        foreach (var file in Directory.GetFiles(target, "*", SearchOption.AllDirectories))
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Repository.DemoCheckpoint, Path.GetRelativePath(target, file)), Cancellation), await File.ReadAllBytesAsync(file, Cancellation));
    }

    [Fact]
    public async Task Removing_the_last_name_leaves_nothing_in_the_store()
    {
        await using var farm = await RemoteFarm.StartAsync(_folder.Path);
        await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "one");
        await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "two");
        Assert.Equal(ExitCodes.Done, (await farm.RunAsync("models", "remove", "one")).ExitCode);
        Assert.Equal(["two"], (await CheckpointsAsync(farm)).Select(view => view.Name));
        Assert.NotEmpty(StoredFiles());

        Assert.Equal(ExitCodes.Done, (await farm.RunAsync("models", "remove", "two")).ExitCode);
        Assert.Empty(StoredFiles());
        var gone = await farm.RunAsync("models", "pull", "two", Path.Combine(_folder.Path, "pulled"));
        Assert.Equal(ExitCodes.Failed, gone.ExitCode);
        Assert.Contains("no checkpoint two", gone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blob_that_is_not_what_its_path_says_is_refused_and_not_stored()
    {
        await using var farm = await RemoteFarm.StartAsync(_folder.Path);
        var digest = new string('0', 64);
        using var wrong = await farm.Client.PutAsync($"/v1/blobs/{digest}", new ByteArrayContent([1, 2, 3]), Cancellation);
        // Asks before it sends, so that the answer does not cross the body.
        using var asking = new HttpRequestMessage(HttpMethod.Put, $"/v1/blobs/{digest}") { Content = new ByteArrayContent(new byte[CheckpointManifest.BlobBytes + 1]) };
        asking.Headers.ExpectContinue = true;
        using var large = await farm.Client.SendAsync(asking, Cancellation);
        using var name = await farm.Client.PutAsync("/v1/blobs/..%2Fescape", new ByteArrayContent([1]), Cancellation);
        Assert.Equal(
            (HttpStatusCode.BadRequest, HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.BadRequest), (wrong.StatusCode, large.StatusCode, name.StatusCode));
        Assert.Contains("039058c6f2c0cb49", await wrong.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Empty(StoredFiles());
    }

    [Fact]
    public async Task Folder_that_is_no_checkpoint_is_refused_before_anything_is_sent()
    {
        await using var farm = await RemoteFarm.StartAsync(_folder.Path);
        var refused = await farm.RunAsync("models", "push", _folder.Path);
        Assert.Equal(ExitCodes.WrongUse, refused.ExitCode);
        Assert.Contains("model_index.json", refused.Error, StringComparison.Ordinal);
        Assert.Empty(StoredFiles());
    }

    [Fact]
    public async Task Job_of_a_checkpoint_larger_than_the_cache_waits_and_nothing_is_fetched()
    {
        await using var farm = await RemoteFarm.StartAsync(_folder.Path, worker => worker.CheckpointCacheBytes = 1 << 20);
        await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "large");
        var job = await farm.Client.SubmitAsync(new SubmitJob { Model = "large", Prompt = "a", Steps = 1 }, Cancellation);
        Assert.Contains("fetches it", (await farm.Client.JobAsync(job.Id, Cancellation)).Waiting, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(RemoteFarm.CacheOf(_folder.Path)));
    }

    private string[] StoredFiles() => Directory.GetFiles(RemoteFarm.StoreOf(_folder.Path), "*", SearchOption.AllDirectories);

    private static async Task<IReadOnlyList<CheckpointView>> CheckpointsAsync(RemoteFarm farm) =>
        (await farm.Client.GetFromJsonAsync<Page<CheckpointView>>("/v1/checkpoints", FarmJson.Options, Cancellation))!.Items;

    private static async Task<byte[]> RenderAsync(RemoteFarm farm, string model)
    {
        var job = await farm.Client.SubmitAsync(new SubmitJob { Model = model, Prompt = "a red circle", Seed = 3, Steps = 4 }, Cancellation);
        Assert.Equal("completed", (await farm.Client.EndAsync(job.Id, Cancellation)).Status);
        return await farm.Client.GetByteArrayAsync($"/v1/jobs/{job.Id}/images/0", Cancellation);
    }
}
