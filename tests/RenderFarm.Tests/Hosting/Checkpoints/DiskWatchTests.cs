using Microsoft.Extensions.Time.Testing;
using RenderFarm.Hosting.Checkpoints;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Tests.Contracts.Checkpoints;
using Xunit;

namespace RenderFarm.Tests.Hosting.Checkpoints;

public sealed class DiskWatchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private readonly FakeTimeProvider _clock = new();
    private readonly DiskWatch _watch;
    private readonly TaskCompletionSource _work = new();

    public DiskWatchTests() => _watch = new DiskWatch(Patience, _clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _watch.Dispose();

    [Fact]
    public async Task Work_of_a_disk_that_moves_takes_as_long_as_it_needs()
    {
        var ending = _watch.EndsAsync(_ => _work.Task, Cancellation);
        for (var move = 0; move < 10; move++)
        {
            _clock.Advance(Patience - Moment);
            Assert.False(ending.IsCompleted);
            _watch.Moved();
        }

        _work.SetResult();
        Assert.True(await ending);
    }

    [Fact]
    public async Task Work_of_a_disk_that_is_still_is_left_and_told_to_stop()
    {
        var told = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        var ending = _watch.EndsAsync(
            stop =>
            {
                stop.Register(told.SetResult);
                begun.SetResult();
                return _work.Task;
            },
            Cancellation);
        await begun.Task.WaitAsync(Cancellation);
        _clock.Advance(Patience - Moment);
        Assert.False(ending.IsCompleted);
        _clock.Advance(Moment);

        Assert.False(await ending);
        await told.Task.WaitAsync(Cancellation);
        _work.SetException(new IOException("The disk woke up."));
    }

    [Fact]
    public async Task Failure_of_the_work_is_its_own()
    {
        _work.SetException(new IOException("No."));
        await Assert.ThrowsAsync<IOException>(() => _watch.EndsAsync(_ => _work.Task, Cancellation));
    }

    [Fact]
    public async Task Store_that_is_slow_is_not_taken_for_a_disk_that_hangs()
    {
        using var folder = new TemporaryFolder();
        var stored = AStoredCheckpoint.Of(("model_index.json", "{}"));
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        var fetcher = new CheckpointFetcher(async (sha256, _) =>
        {
            asked.SetResult();
            await answer.Task;
            return new MemoryStream(stored.Blobs[sha256]);
        });
        var ending = _watch.EndsAsync(stop => fetcher.FetchAsync(stored.Manifest, folder.Path, null, _watch, stop), Cancellation);
        await asked.Task.WaitAsync(Cancellation);

        _clock.Advance(Patience * 10);
        Assert.False(ending.IsCompleted);
        answer.SetResult();

        Assert.True(await ending);
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(folder.Path, "model_index.json"), Cancellation));
    }
}
