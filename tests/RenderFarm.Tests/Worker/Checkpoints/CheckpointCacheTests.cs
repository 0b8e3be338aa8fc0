using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.Checkpoints;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Tests.Contracts.Checkpoints;
using RenderFarm.Worker;
using RenderFarm.Worker.Checkpoints;
using Xunit;

namespace RenderFarm.Tests.Worker.Checkpoints;

public sealed class CheckpointCacheTests : IDisposable
{
    /// <summary>Longer than anything takes that does not wait for a disk.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

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
        var blob = ObjectKey.ForBlob(_a.Manifest.Files[^1].Blobs[0]);
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
        await _store.DeleteAsync(ObjectKey.ForBlob(_a.Manifest.Files[0].Blobs[0]), Cancellation);
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

        await HangsAsync(hanging);
        await HangsAsync(next);

        disk.WakeUp();
        await cache.Hanging.WaitAsync(Cancellation);
        (await TakeAsync(cache, _b)).Dispose();
        Assert.Equal(Digests(_b), Held(cache));
    }

    [Fact]
    public async Task Disk_that_hangs_while_room_is_made_is_the_workers_fault_and_keeps_nobody_from_asking_what_is_held()
    {
        foreach (var stored in (AStoredCheckpoint[])[_a, _b, _c]) await stored.PutAsync(_store);
        var disk = new HangingFolders();
        using var cache = Cache(2, disk.Reach);
        (await TakeAsync(cache, _a)).Dispose();
        var used = await TakeAsync(cache, _b);
        disk.Hang();
        // Elsewhere: a take that called the disk on its caller's thread would keep this one.
        var hanging = Task.Run(() => cache.TakeAsync(_c.Manifest.Digest(), Cancellation), Cancellation);
        await disk.Reached.WaitAsync(Cancellation);

        Assert.Equal(Digests(_b), await Task.Run(() => Held(cache).ToList(), Cancellation).WaitAsync(Soon, Cancellation));
        await Task.Run(used.Dispose, Cancellation).WaitAsync(Soon, Cancellation);
        _clock.Advance(CheckpointCache.DiskPatience);

        await HangsAsync(hanging);
        await HangsAsync(cache.TakeAsync(_a.Manifest.Digest(), Cancellation));
        disk.WakeUp();
        await cache.Hanging.WaitAsync(Cancellation);
        (await TakeAsync(cache, _c)).Dispose();
        Assert.Equal(Digests(_b, _c), Held(cache));
        Assert.Equal(2, Directory.GetDirectories(_folder.Path).Length);
    }

    [Fact]
    public async Task Disk_that_hangs_under_a_proven_checkpoint_is_the_workers_fault_and_holds_up_no_later_take()
    {
        foreach (var stored in (AStoredCheckpoint[])[_a, _b]) await stored.PutAsync(_store);
        var disk = new HangingFolders();
        using var cache = Cache(1, disk.Reach);
        (await TakeAsync(cache, _a)).Dispose();
        disk.Hang();
        var hanging = Task.Run(() => cache.TakeAsync(_a.Manifest.Digest(), Cancellation), Cancellation);
        await disk.Reached.WaitAsync(Cancellation);
        var waiting = cache.TakeAsync(_a.Manifest.Digest(), Cancellation);
        _clock.Advance(CheckpointCache.DiskPatience - TimeSpan.FromMilliseconds(1));
        Assert.False(hanging.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await HangsAsync(hanging);
        await HangsAsync(waiting);
        await HangsAsync(cache.TakeAsync(_b.Manifest.Digest(), Cancellation));
        disk.WakeUp();
        await cache.Hanging.WaitAsync(Cancellation);
        (await TakeAsync(cache, _a)).Dispose();

        // Work that was left uses nothing: the checkpoint may leave.
        (await TakeAsync(cache, _b)).Dispose();
        Assert.Equal(Digests(_b), Held(cache));
    }

    [Fact]
    public async Task What_could_not_be_deleted_counts_and_is_compared_before_it_is_handed_out()
    {
        foreach (var stored in (AStoredCheckpoint[])[_a, _b]) await stored.PutAsync(_store);
        var isBroken = false;
        using var cache = Cache(1, _ =>
        {
            if (isBroken) throw new IOException("The disk says no.");
        });
        (await TakeAsync(cache, _a)).Dispose();
        isBroken = true;
        var error = await Assert.ThrowsAsync<CheckpointFetchException>(() => TakeAsync(cache, _b));
        Assert.Equal((FailureCodes.CacheFailed, true), (error.Code, cache.Held().Count == 0));

        isBroken = false;
        var file = Path.Combine(Directory.GetDirectories(_folder.Path).Single(), "unet", "model.onnx");
        File.Delete(file);
        (await TakeAsync(cache, _a)).Dispose();
        Assert.True(File.Exists(file));
        Assert.Equal(Digests(_a), Held(cache));

        (await TakeAsync(cache, _b)).Dispose();
        Assert.Equal(Digests(_b), Held(cache));
        Assert.Single(Directory.GetDirectories(_folder.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Store_in_a_folder_that_hangs_at_a_manifest_or_a_blob_holds_up_no_later_take(bool atManifest)
    {
        await _a.PutAsync(_store);
        var store = new HangingStore(_store, atManifest
            ? ObjectKey.ForManifest(_a.Manifest.Digest()) : ObjectKey.ForBlob(_a.Manifest.Files[0].Blobs[0]));
        using var cache = new CheckpointCache(store, _folder.Path, _a.Manifest.Bytes(), _clock, NullLogger.Instance);
        var hanging = cache.TakeAsync(_a.Manifest.Digest(), Cancellation);
        await store.Reached.WaitAsync(Cancellation);
        _clock.Advance(CheckpointCache.DiskPatience);

        await HangsAsync(hanging, ", or that of the object store's folder,");
        await HangsAsync(cache.TakeAsync(_a.Manifest.Digest(), Cancellation), ", or that of the object store's folder,");
        store.WakeUp();
        await cache.Hanging.WaitAsync(Cancellation);
        (await TakeAsync(cache, _a)).Dispose();
    }

    private async Task HangsAsync(Task<CheckpointUse> take, string orStore = "")
    {
        var error = await Assert.ThrowsAsync<CheckpointFetchException>(() => take.WaitAsync(Soon, Cancellation));
        Assert.Equal(FailureCodes.CacheFailed, error.Code);
        Assert.Equal(
            $"The disk of the checkpoint cache {_folder.Path}{orStore} hangs: it has given no sign for 5 min. Look at the disk, or name another folder in Worker:CheckpointCache.",
            error.Message);
    }

    // The last file's last piece is damaged, which is how far a fetch comes before it ends.
    private async Task HalfFetchAsync(AStoredCheckpoint stored)
    {
        await stored.PutAsync(_store);
        await _store.PutAsync(
            ObjectKey.ForBlob(stored.Manifest.Files[^1].Blobs[^1]), new byte[1], "application/octet-stream", Cancellation);
        using var cache = Cache(1);
        await Assert.ThrowsAsync<CheckpointFetchException>(() => cache.TakeAsync(stored.Manifest.Digest(), Cancellation));
    }

    private async Task<CheckpointUse> TakeAsync(CheckpointCache cache, AStoredCheckpoint stored)
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        return await cache.TakeAsync(stored.Manifest.Digest(), Cancellation);
    }

    private CheckpointCache Cache(int checkpoints, Action<string>? reaching = null) =>
        new(_store, _folder.Path, _a.Manifest.Bytes() * checkpoints, _clock, NullLogger.Instance, reaching: reaching);

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

    /// <summary>A disk that comes back from no call for a checkpoint's folder, once told to hang and before it is told to wake up.</summary>
    private sealed class HangingFolders
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _awake = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _hangs;

        public Task Reached => _reached.Task;

        public void Hang() => _hangs = true;

        public void Reach(string folder)
        {
            if (!_hangs) return;
            _reached.TrySetResult();
            _awake.Task.Wait();
        }

        public void WakeUp()
        {
            _hangs = false;
            _awake.SetResult();
        }
    }

    /// <summary>A store in a folder whose disk hangs at one object, before it is told to wake up.</summary>
    private sealed class HangingStore(IObjectStore inner, ObjectKey at) : IObjectStore
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _awake = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsFolder => true;

        public Task Reached => _reached.Task;

        public void WakeUp() => _awake.SetResult();

        public async Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation)
        {
            if (key == at)
            {
                _reached.TrySetResult();
                await _awake.Task;
            }

            return await inner.OpenAsync(key, cancellation);
        }

        public Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task DeleteAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public IAsyncEnumerable<ObjectKey> ListAsync(string prefix, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
