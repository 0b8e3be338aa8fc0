using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;
using RenderFarm.Testing.Engine;
using RenderFarm.Worker;
using RenderFarm.Worker.Checkpoints;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class PipelineCacheTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Checkpoint_is_loaded_once_however_many_ask()
    {
        await using var bench = new WorkerBench();
        var uses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => bench.Pipelines.UseAsync(WorkerBench.Digest, Cancellation)));
        Assert.Equal(1, bench.Loads);
        foreach (var use in uses) use.Dispose();
        Assert.False(bench.Pipeline.IsDisposed);
    }

    [Fact]
    public async Task Pipelines_are_freed_with_the_cache()
    {
        var bench = new WorkerBench();
        (await bench.Pipelines.UseAsync(WorkerBench.Digest, Cancellation)).Dispose();
        await bench.DisposeAsync();
        Assert.True(bench.Pipeline.IsDisposed);
    }

    [Fact]
    public async Task Pipeline_in_use_outlives_the_cache_until_its_use_ends()
    {
        var bench = new WorkerBench();
        var use = await bench.Pipelines.UseAsync(WorkerBench.Digest, Cancellation);
        await bench.DisposeAsync();
        Assert.False(bench.Pipeline.IsDisposed);
        use.Dispose();
        Assert.True(bench.Pipeline.IsDisposed);
    }

    [Fact]
    public async Task Checkpoint_whose_askers_have_left_while_it_loads_is_unloaded_when_there_is_no_room_for_it()
    {
        var checkpoint = Checkpoint.Open(Repository.DemoCheckpoint);
        string[] digests = [$"sha256:{new string('a', 64)}", $"sha256:{new string('b', 64)}"];
        var shelf = new CheckpointShelf([.. digests.Select(digest => (checkpoint, CheckpointDescriptions.Of(checkpoint, digest)))]);
        using var loader = new GatedLoader();
        using var cache = new PipelineCache("cpu", shelf, loader, Options.Create(new WorkerOptions { ResidentCheckpoints = 1 }), NullLogger<PipelineCache>.Instance);
        loader.Gate.Set();
        using var busy = await cache.UseAsync(digests[0], Cancellation);
        loader.Gate.Reset();

        using var leaving = new CancellationTokenSource();
        var asking = cache.UseAsync(digests[1], leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        loader.Gate.Set();

        await loader.Unloaded.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal([digests[0]], cache.Resident());
    }

    /// <summary>Loads when it is let, and tells when one is unloaded.</summary>
    private sealed class GatedLoader : IPipelineLoader, IDisposable
    {
        private readonly TaskCompletionSource _unloaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Gate { get; } = new();

        public Task Unloaded => _unloaded.Task;

        public ITextToImagePipeline Load(Checkpoint checkpoint, string device)
        {
            Gate.Wait(Cancellation);
            return new Watched(_unloaded);
        }

        public void Dispose() => Gate.Dispose();
    }

    private sealed class Watched(TaskCompletionSource unloaded) : ITextToImagePipeline
    {
        private readonly FakePipeline _inner = new();

        public int Slots => _inner.Slots;

        public ExecutionEnvironment Environment => _inner.Environment;

        public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default) =>
            _inner.GenerateAsync(request, progress, cancellation);

        public void Dispose() => unloaded.TrySetResult();
    }
}
