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
    public async Task What_was_left_is_known_to_have_ended()
    {
        var begun = new TaskCompletionSource();
        var ending = _watch.EndsAsync(
            _ =>
            {
                begun.SetResult();
                return _work.Task;
            },
            Cancellation);
        await begun.Task.WaitAsync(Cancellation);
        Assert.True(_watch.Left.IsCompleted);
        _clock.Advance(Patience);
        Assert.False(await ending);
        Assert.False(_watch.Left.IsCompleted);

        _work.SetException(new IOException("The disk woke up."));

        await _watch.Left.WaitAsync(Cancellation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Store_in_a_folder_that_hangs_when_it_is_opened_or_read_is_a_disk_that_hangs(bool atOpening)
    {
        using var folder = new TemporaryFolder();
        using var watch = new DiskWatch(Patience, _clock, storeIsDisk: true);
        var stored = AStoredCheckpoint.Of(("model_index.json", "{}"));
        var blob = new HangingBlob(_work.Task);
        var fetcher = new CheckpointFetcher((_, _) => atOpening ? blob.OpenAsync() : Task.FromResult<Stream?>(blob));
        var ending = watch.EndsAsync(stop => fetcher.FetchAsync(stored.Manifest, folder.Path, null, watch, stop), Cancellation);
        await blob.Reached.WaitAsync(Cancellation);

        _clock.Advance(Patience);

        Assert.False(await ending.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        _work.SetResult();
        await watch.Left.WaitAsync(Cancellation);
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

    /// <summary>A blob that comes to nobody before its disk wakes up, and then has no bytes.</summary>
    private sealed class HangingBlob(Task awake) : MemoryStream
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public async Task<Stream?> OpenAsync()
        {
            _reached.TrySetResult();
            await awake;
            return this;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _reached.TrySetResult();
            await awake;
            return 0;
        }
    }
}
