using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class PipelineCacheTests
{
    [Fact]
    public async Task Checkpoint_is_loaded_once_however_many_ask()
    {
        await using var bench = new WorkerBench();
        var uses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => bench.Pipelines.UseAsync(WorkerBench.Digest, TestContext.Current.CancellationToken)));
        Assert.Equal(1, bench.Loads);
        foreach (var use in uses) use.Dispose();
        Assert.False(bench.Pipeline.IsDisposed);
    }

    [Fact]
    public async Task Pipelines_are_freed_with_the_cache()
    {
        var bench = new WorkerBench();
        (await bench.Pipelines.UseAsync(WorkerBench.Digest, TestContext.Current.CancellationToken)).Dispose();
        await bench.DisposeAsync();
        Assert.True(bench.Pipeline.IsDisposed);
    }
}
