using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.Checkpoints;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Tests.Contracts.Checkpoints;
using RenderFarm.Worker;
using RenderFarm.Worker.Checkpoints;
using Xunit;

namespace RenderFarm.Tests.Worker.Checkpoints;

public sealed class CheckpointCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryObjectStore _store = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly AStoredCheckpoint _a = AStoredCheckpoint.Demo("a");
    private readonly AStoredCheckpoint _b = AStoredCheckpoint.Demo("b");
    private readonly AStoredCheckpoint _c = AStoredCheckpoint.Demo("c");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Those_who_ask_at_once_share_one_fetch_and_the_next_life_finds_it()
    {
        await _a.PutAsync(_store);
        using var cache = Cache(2);
        var uses = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => cache.TakeAsync(_a.Manifest.Digest(), Cancellation)));
        Assert.Single(uses.Select(use => use.Value.Folder).Distinct());
        Assert.Single(Directory.GetDirectories(_folder.Path));
        using var next = Cache(2);
        Assert.Equal([_a.Manifest.Digest()], next.Held().Select(held => held.Digest));
    }

    [Fact]
    public async Task Least_recently_used_leaves_and_what_is_in_use_never()
    {
        foreach (var stored in (AStoredCheckpoint[])[_a, _b, _c]) await stored.PutAsync(_store);
        using var cache = Cache(2);
        var first = await TakeAsync(cache, _a);
        (await TakeAsync(cache, _b)).Dispose();
        (await TakeAsync(cache, _c)).Dispose();
        Assert.Equal(Digests(_a, _c), Held(cache));

        first.Dispose();
        (await TakeAsync(cache, _b)).Dispose();
        Assert.Equal(Digests(_b, _c), Held(cache));
        Assert.Equal(2, Directory.GetDirectories(_folder.Path).Length);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Manifest_that_is_silent_on_zeros_for_the_empty_prompt_or_makes_them_up_is_refused(bool inFolder, bool inManifest)
    {
        var stored = AStoredCheckpoint.Demo("flag", inFolder, inManifest);
        await stored.PutAsync(_store);
        using var cache = Cache(2);
        var error = await Assert.ThrowsAsync<CheckpointFetchException>(() => cache.TakeAsync(stored.Manifest.Digest(), Cancellation));
        Assert.Equal(FailureCodes.CheckpointDamaged, error.Code);
        Assert.Contains("force_zeros_for_empty_prompt", error.Message, StringComparison.Ordinal);
        var honest = AStoredCheckpoint.Demo("flag", inFolder, inFolder);
        await honest.PutAsync(_store);
        using var use = await TakeAsync(cache, honest);
        Assert.Equal(inFolder, use.Value.ZeroesEmptyNegative);
    }

    [Fact]
    public async Task Cache_full_of_what_is_loaded_says_so_and_harms_nothing()
    {
        foreach (var stored in (AStoredCheckpoint[])[_a, _b]) await stored.PutAsync(_store);
        using var cache = Cache(1);
        using var held = await TakeAsync(cache, _a);
        var error = await Assert.ThrowsAsync<CheckpointFetchException>(() => cache.TakeAsync(_b.Manifest.Digest(), Cancellation));
        Assert.Equal(FailureCodes.CacheFull, error.Code);
        Assert.Contains("Worker:CheckpointCacheBytes", error.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(held.Value.Folder));
    }

    [Fact]
    public async Task Damaged_store_is_named_and_mended_by_another_push()
    {
        await _a.PutAsync(_store);
        var blob = RenderFarm.Hosting.ObjectStore.ObjectKey.ForBlob(_a.Manifest.Files[^1].Blobs[0]);
        await _store.PutAsync(blob, new byte[1], "application/octet-stream", Cancellation);
        using var cache = Cache(2);
        var error = await Assert.ThrowsAsync<CheckpointFetchException>(() => cache.TakeAsync(_a.Manifest.Digest(), Cancellation));
        Assert.Equal((FailureCodes.CheckpointDamaged, true), (error.Code, cache.Held().Count == 0));

        await _a.PutAsync(_store);
        (await TakeAsync(cache, _a)).Dispose();
        Assert.Single(cache.Held());
    }

    [Fact]
    public async Task What_a_crash_left_half_fetched_counts_and_makes_room_like_any_other()
    {
        await HalfFetchAsync(_a);
        await _b.PutAsync(_store);
        using var next = Cache(1);
        Assert.Empty(next.Held());

        (await TakeAsync(next, _b)).Dispose();

        Assert.Equal(Digests(_b), Held(next));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path).Length);
    }

    [Fact]
    public async Task What_a_crash_left_half_fetched_goes_on_in_the_next_life()
    {
        await HalfFetchAsync(_a);
        await _a.PutAsync(_store);
        await _store.DeleteAsync(RenderFarm.Hosting.ObjectStore.ObjectKey.ForBlob(_a.Manifest.Files[0].Blobs[0]), Cancellation);
        using var next = Cache(1);
        (await TakeAsync(next, _a)).Dispose();
        Assert.Equal(Digests(_a), Held(next));
    }

    [Fact]
    public void Folder_without_a_manifest_is_removed_at_start_and_what_is_no_checkpoint_stays()
    {
        foreach (var name in (string[])[new string('0', 64), "mine"])
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, name));
            File.WriteAllText(Path.Combine(_folder.Path, name, "weights"), "many bytes");
        }

        using var cache = Cache(1);
        Assert.Equal(["mine"], Directory.GetDirectories(_folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("../escape")]
    public async Task What_the_store_does_not_hold_is_unknown(string digest)
    {
        using var cache = Cache(2);
        await Assert.ThrowsAsync<UnknownCheckpointException>(() => cache.TakeAsync(digest, Cancellation));
    }

    [Fact]
    public async Task Disk_that_hangs_in_a_fetch_is_the_workers_fault_and_holds_up_no_later_fetch()
    {
        foreach (var stored in (AStoredCheckpoint[])[_a, _b]) await stored.PutAsync(_store);
        var disk = new HangingDisk();
        using var cache = new CheckpointCache(
            _store, _folder.Path, _a.Manifest.Bytes() * 2, _clock, NullLogger.Instance, open => new CheckpointFetcher(open, disk.Create));
        var hanging = cache.TakeAsync(_a.Manifest.Digest(), Cancellation);
        await disk.Reached.WaitAsync(Cancellation);
        var next = cache.TakeAsync(_b.Manifest.Digest(), Cancellation);
        _clock.Advance(CheckpointCache.DiskPatience - TimeSpan.FromMilliseconds(1));
        Assert.False(hanging.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        var error = await Assert.ThrowsAsync<CheckpointFetchException>(() => hanging);

        Assert.Equal(FailureCodes.CacheFailed, error.Code);
        Assert.Equal(
            $"The disk of the checkpoint cache {_folder.Path} hangs: it has taken no bytes of stored for 5 min. Look at the disk, or name another folder in Worker:CheckpointCache.",
            error.Message);
        (await next).Dispose();
        Assert.Equal(Digests(_b), Held(cache));
        disk.WakeUp();
    }

    // The last file's last piece is damaged, which is how far a fetch comes before it ends.
    private async Task HalfFetchAsync(AStoredCheckpoint stored)
    {
        await stored.PutAsync(_store);
        await _store.PutAsync(
            RenderFarm.Hosting.ObjectStore.ObjectKey.ForBlob(stored.Manifest.Files[^1].Blobs[^1]), new byte[1], "application/octet-stream", Cancellation);
        using var cache = Cache(1);
        await Assert.ThrowsAsync<CheckpointFetchException>(() => cache.TakeAsync(stored.Manifest.Digest(), Cancellation));
    }

    private async Task<CheckpointUse> TakeAsync(CheckpointCache cache, AStoredCheckpoint stored)
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        return await cache.TakeAsync(stored.Manifest.Digest(), Cancellation);
    }

    private CheckpointCache Cache(int checkpoints) =>
        new(_store, _folder.Path, _a.Manifest.Bytes() * checkpoints, _clock, NullLogger.Instance);

    private static IEnumerable<string> Held(CheckpointCache cache) => cache.Held().Select(held => held.Digest).Order();

    private static IEnumerable<string> Digests(params AStoredCheckpoint[] stored) => stored.Select(one => one.Manifest.Digest()).Order();

    /// <summary>A disk whose first write does not come back before it is told to, whatever its token says: a network mount that is gone.</summary>
    private sealed class HangingDisk
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _awake = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public Stream Create(string path) =>
            _reached.Task.IsCompleted ? new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None) : new Hanging(this);

        public void WakeUp() => _awake.SetResult();

        private sealed class Hanging(HangingDisk disk) : MemoryStream
        {
            public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
            {
                disk._reached.TrySetResult();
                await disk._awake.Task;
            }
        }
    }
}
