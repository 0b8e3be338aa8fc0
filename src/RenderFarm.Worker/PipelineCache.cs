using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Diffusion;

namespace RenderFarm.Worker;

/// <summary>Neither this worker nor the object store has the digest that a recipe names.</summary>
internal sealed class UnknownCheckpointException(string digest) : Exception($"This worker does not hold the checkpoint {digest}, and cannot fetch it.");

/// <summary>A pipeline in use: it stays loaded until this is disposed.</summary>
internal sealed class PipelineUse(ITextToImagePipeline value, Action release) : IDisposable
{
    private Action? _release = release;

    public ITextToImagePipeline Value => value;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}

/// <summary>A native call that has not returned yet.</summary>
/// <param name="Checkpoint">Digest of the checkpoint that is loaded, or whose graphs run.</param>
/// <param name="IsLoading">Whether it is being loaded.</param>
/// <param name="Time">For how long.</param>
internal sealed record NativeCall(string Checkpoint, bool IsLoading, TimeSpan Time);

/// <summary>
/// Which checkpoints are loaded on a device. Loading happens once, however many ask at the same time; over the limit, the least recently used that nobody
/// uses is unloaded, and before the next is loaded, since memory may hold no more than the limit. Loading is a use too: it goes on when those who asked have
/// left, and what nobody wants any more is unloaded when it is over.
/// </summary>
/// <remarks>What is in use when the cache is disposed is unloaded when its use ends; a call that never returns keeps its memory, which it still writes to.</remarks>
internal sealed class PipelineCache(
    string device, CheckpointShelf shelf, IPipelineLoader loader, IOptions<WorkerOptions> options, TimeProvider clock, ILogger<PipelineCache> logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private long _uses;
    private bool _isClosed;

    /// <summary>The pipeline of a checkpoint, loading it first if need be.</summary>
    /// <exception cref="UnknownCheckpointException">This worker has no such checkpoint.</exception>
    /// <exception cref="Diffusion.Checkpoints.CheckpointException">Its files cannot be loaded; the next call tries again.</exception>
    /// <exception cref="GenerationException">Memory does not hold it beside what is in use; the next call tries again.</exception>
    public async Task<PipelineUse> UseAsync(string digest, CancellationToken cancellation)
    {
        var entry = Enter(digest);
        try
        {
            return new PipelineUse((await entry.Loading.WaitAsync(cancellation)).Pipeline, () => Leave(digest, entry));
        }
        catch
        {
            Leave(digest, entry);
            throw;
        }
    }

    private Entry Enter(string digest)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (!_entries.TryGetValue(digest, out var entry))
            {
                entry = new Entry { Users = 1 };
                var loading = entry;
                entry.Loading = Task.Run(() => LoadAsync(digest, loading));
                _entries.Add(digest, entry);
            }

            entry.Users++;
            entry.LastUse = ++_uses;
            return entry;
        }
    }

    // Goes on when those who asked have left: others will ask again, and a fetch may be nearly done.
    private async Task<LoadedPipeline> LoadAsync(string digest, Entry entry)
    {
        try
        {
            // It counts already, so what goes makes its place; what is in use now goes when its use ends, if that is before the files are here.
            Trim();
            return entry.Loaded = await FetchAndLoadAsync(digest, entry);
        }
        catch
        {
            entry.HasFailed = true;
            throw;
        }
        finally
        {
            lock (_gate) entry.LoadingSince = null;
            Leave(digest, entry);
        }
    }

    private async Task<LoadedPipeline> FetchAndLoadAsync(string digest, Entry entry)
    {
        var checkpoint = await shelf.TakeAsync(digest, _stopping.Token);
        try
        {
            WorkerLog.LoadingCheckpoint(logger, checkpoint.Value.Name, checkpoint.Value.Folder);
            // Fetching answers to the store's own time-outs, and to the patience with the cache's disk.
            lock (_gate) entry.LoadingSince = clock.GetTimestamp();
            return new LoadedPipeline(loader.Load(checkpoint.Value, device), checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private void Leave(string digest, Entry entry)
    {
        lock (_gate)
        {
            entry.Users--;
            if (entry is { Users: 0, HasFailed: true } && _entries.GetValueOrDefault(digest) == entry) _entries.Remove(digest);
        }

        Trim();
    }

    private void Trim()
    {
        List<Entry> unloaded;
        lock (_gate) unloaded = TakeIdle(_isClosed ? 0 : options.Value.ResidentCheckpoints);
        foreach (var idle in unloaded) idle.Dispose();
    }

    public void Dispose()
    {
        _stopping.Cancel();
        lock (_gate) _isClosed = true;
        Trim();
    }

    // The least recently used first, until no more than the limit is left, or all others are in use.
    private List<Entry> TakeIdle(int limit)
    {
        var idle = _entries.Where(entry => entry.Value.Users == 0).OrderBy(entry => entry.Value.LastUse).Take(Math.Max(0, _entries.Count - limit)).ToList();
        foreach (var (digest, _) in idle) _entries.Remove(digest);
        return [.. idle.Select(entry => entry.Value)];
    }

    /// <summary>Digests of what is loaded now.</summary>
    public IReadOnlyList<string> Resident()
    {
        lock (_gate) return [.. _entries.Where(entry => entry.Value.Loaded is not null).Select(entry => entry.Key)];
    }

    /// <summary>The native calls that run here, but for those of UNets: the oldest of each checkpoint.</summary>
    public IReadOnlyList<NativeCall> Calls()
    {
        lock (_gate) return [.. _entries.Select(entry => CallOf(entry.Key, entry.Value)).OfType<NativeCall>()];
    }

    private NativeCall? CallOf(string digest, Entry entry) => entry switch
    {
        { Loaded: { } loaded } => loaded.Pipeline.LongestCall is { } time ? new NativeCall(digest, IsLoading: false, time) : null,
        { LoadingSince: { } since } => new NativeCall(digest, IsLoading: true, clock.GetElapsedTime(since)),
        _ => null,
    };

    private sealed record LoadedPipeline(ITextToImagePipeline Pipeline, CheckpointUse Checkpoint);

    private sealed class Entry : IDisposable
    {
        /// <summary>What those who ask wait for.</summary>
        public Task<LoadedPipeline> Loading { get; set; } = null!;

        /// <summary>What came of it; null before, and after a failure.</summary>
        public LoadedPipeline? Loaded { get; set; }

        public bool HasFailed { get; set; }

        /// <summary>Timestamp of the clock since which the engine loads it; null before and after.</summary>
        public long? LoadingSince { get; set; }

        /// <summary>Those who asked and have not left, and the loading itself.</summary>
        public int Users { get; set; }

        public long LastUse { get; set; }

        public void Dispose()
        {
            Loaded?.Pipeline.Dispose();
            Loaded?.Checkpoint.Dispose();
        }
    }
}
