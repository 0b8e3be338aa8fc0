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

/// <summary>
/// Which checkpoints are loaded on a device. Loading happens once, however many ask at the same time; over the limit, the least recently used that nobody
/// uses is unloaded.
/// </summary>
internal sealed class PipelineCache(
    string device, CheckpointShelf shelf, IPipelineLoader loader, IOptions<WorkerOptions> options, ILogger<PipelineCache> logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private long _uses;

    /// <summary>The pipeline of a checkpoint, loading it first if need be.</summary>
    /// <exception cref="UnknownCheckpointException">This worker has no such checkpoint.</exception>
    /// <exception cref="Diffusion.Checkpoints.CheckpointException">Its files cannot be loaded; the next call tries again.</exception>
    public async Task<PipelineUse> UseAsync(string digest, CancellationToken cancellation)
    {
        var entry = Enter(digest);
        try
        {
            return new PipelineUse((await entry.Pipeline.Value.WaitAsync(cancellation)).Pipeline, () => Leave(digest, entry));
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
            if (!_entries.TryGetValue(digest, out var entry))
            {
                entry = new Entry(new Lazy<Task<LoadedPipeline>>(() => Task.Run(() => LoadAsync(digest))));
                _entries.Add(digest, entry);
            }

            entry.Users++;
            entry.LastUse = ++_uses;
            return entry;
        }
    }

    // Goes on when those who asked have left: others will ask again, and a fetch may be nearly done.
    private async Task<LoadedPipeline> LoadAsync(string digest)
    {
        var checkpoint = await shelf.TakeAsync(digest, _stopping.Token);
        try
        {
            WorkerLog.LoadingCheckpoint(logger, checkpoint.Value.Name, checkpoint.Value.Folder);
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
        List<Entry> unloaded = [];
        lock (_gate)
        {
            entry.Users--;
            if (entry.Users == 0 && entry.Pipeline.Value is { IsFaulted: true } or { IsCanceled: true } && _entries.GetValueOrDefault(digest) == entry) _entries.Remove(digest);
            while (_entries.Count > options.Value.ResidentCheckpoints)
            {
                var idle = _entries.Where(candidate => candidate.Value.Users == 0).OrderBy(candidate => candidate.Value.LastUse).FirstOrDefault();
                if (idle.Value is null) break;
                _entries.Remove(idle.Key);
                unloaded.Add(idle.Value);
            }
        }

        foreach (var idle in unloaded) idle.Dispose();
    }

    public void Dispose()
    {
        _stopping.Cancel();
        lock (_gate)
        {
            foreach (var entry in _entries.Values) entry.Dispose();
            _entries.Clear();
        }
    }

    /// <summary>Digests of what is loaded now.</summary>
    public IReadOnlyList<string> Resident()
    {
        lock (_gate) return [.. _entries.Where(entry => entry.Value.IsLoaded).Select(entry => entry.Key)];
    }

    private sealed record LoadedPipeline(ITextToImagePipeline Pipeline, CheckpointUse Checkpoint);

    private sealed class Entry(Lazy<Task<LoadedPipeline>> pipeline) : IDisposable
    {
        public bool IsLoaded => pipeline is { IsValueCreated: true, Value.IsCompletedSuccessfully: true };

        public Lazy<Task<LoadedPipeline>> Pipeline => pipeline;

        public int Users { get; set; }

        public long LastUse { get; set; }

        public void Dispose()
        {
            if (!IsLoaded) return;
            pipeline.Value.Result.Pipeline.Dispose();
            pipeline.Value.Result.Checkpoint.Dispose();
        }
    }
}
