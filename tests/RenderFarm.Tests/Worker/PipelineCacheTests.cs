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
        using var cache = new PipelineCache("cpu", shelf, loader, Options.Create(new WorkerOptions { ResidentCheckpoints = 1 }), TimeProvider.System, NullLogger<PipelineCache>.Instance);
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

    [Fact]
    public async Task Place_is_made_for_a_checkpoint_before_it_is_loaded()
    {
        var checkpoint = Checkpoint.Open(Repository.DemoCheckpoint);
        string[] digests = [.. "abc".Select(letter => $"sha256:{new string(letter, 64)}")];
        var shelf = new CheckpointShelf([.. digests.Select(digest => (checkpoint, CheckpointDescriptions.Of(checkpoint, digest)))]);
        var loader = new CountingLoader();
        using var cache = new PipelineCache("cpu", shelf, loader, Options.Create(new WorkerOptions { ResidentCheckpoints = 2 }), TimeProvider.System, NullLogger<PipelineCache>.Instance);
        foreach (var digest in digests) (await cache.UseAsync(digest, Cancellation)).Dispose();

        // The device's memory holds two, and the third must find place while it loads, not after.
        Assert.Equal([0, 1, 1], loader.LiveAtLoad);
        Assert.Equal(digests[1..], cache.Resident());
    }

    [Fact]
    public async Task Checkpoint_that_found_no_memory_is_loaded_when_there_is_some()
    {
        await using var bench = new WorkerBench { LoadError = new GenerationException(GenerationError.OutOfMemory, "Memory does not hold the checkpoint.") };
        await Assert.ThrowsAsync<GenerationException>(() => bench.Pipelines.UseAsync(WorkerBench.Digest, Cancellation));
        bench.LoadError = null;
        using var use = await bench.Pipelines.UseAsync(WorkerBench.Digest, Cancellation);
        Assert.Same(bench.Pipeline, use.Value);
    }

    /// <summary>Notes at each load how many others are loaded.</summary>
    private sealed class CountingLoader : IPipelineLoader
    {
        private int _live;

        public List<int> LiveAtLoad { get; } = [];

        public ITextToImagePipeline Load(Checkpoint checkpoint, string device)
        {
            LiveAtLoad.Add(Volatile.Read(ref _live));
            Interlocked.Increment(ref _live);
            return new Watched(() => Interlocked.Decrement(ref _live));
        }
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
            return new Watched(() => _unloaded.TrySetResult());
        }

        public void Dispose() => Gate.Dispose();
    }

    private sealed class Watched(Action unloaded) : ITextToImagePipeline
    {
        private readonly FakePipeline _inner = new();

        public int Slots => _inner.Slots;

        public ExecutionEnvironment Environment => _inner.Environment;

        public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default) =>
            _inner.GenerateAsync(request, progress, cancellation);

        public void Dispose() => unloaded();
    }
}
