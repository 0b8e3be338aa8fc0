using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Diffusion;

namespace RenderFarm.Worker;

/// <summary>No folder of this worker has the digest that a recipe names.</summary>
internal sealed class UnknownCheckpointException(string digest) : Exception($"This worker does not hold the checkpoint {digest}.");

/// <summary>A pipeline in use: it stays loaded until this is disposed.</summary>
internal sealed class PipelineUse(ITextToImagePipeline value, Action release) : IDisposable
{
    private Action? _release = release;

    public ITextToImagePipeline Value => value;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}

/// <summary>
/// Which checkpoints are loaded. Loading happens once, however many ask at the same time; over the limit, the least recently used that nobody
/// uses is unloaded.
/// </summary>
internal sealed class PipelineCache(
    CheckpointShelf shelf, IPipelineLoader loader, IOptions<WorkerOptions> options, ILogger<PipelineCache> logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _uses;

    /// <summary>The pipeline of a checkpoint, loading it first if need be.</summary>
    /// <exception cref="UnknownCheckpointException">This worker has no such checkpoint.</exception>
    /// <exception cref="Diffusion.Checkpoints.CheckpointException">Its files cannot be loaded; the next call tries again.</exception>
    public async Task<PipelineUse> UseAsync(string digest, CancellationToken cancellation)
    {
        var entry = Enter(digest);
        try
        {
            return new PipelineUse(await entry.Pipeline.Value.WaitAsync(cancellation), () => Leave(digest, entry));
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
                var checkpoint = shelf.Find(digest) ?? throw new UnknownCheckpointException(digest);
                WorkerLog.LoadingCheckpoint(logger, checkpoint.Name, checkpoint.Folder);
                entry = new Entry(new Lazy<Task<ITextToImagePipeline>>(() => Task.Run(() => loader.Load(checkpoint))));
                _entries.Add(digest, entry);
            }

            entry.Users++;
            entry.LastUse = ++_uses;
            return entry;
        }
    }

    private void Leave(string digest, Entry entry)
    {
        List<Entry> unloaded = [];
        lock (_gate)
        {
            entry.Users--;
            if (entry.Users == 0 && entry.Pipeline.Value.IsFaulted && _entries.GetValueOrDefault(digest) == entry) _entries.Remove(digest);
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
        lock (_gate)
        {
            foreach (var entry in _entries.Values) entry.Dispose();
            _entries.Clear();
        }
    }

    private sealed class Entry(Lazy<Task<ITextToImagePipeline>> pipeline) : IDisposable
    {
        public Lazy<Task<ITextToImagePipeline>> Pipeline => pipeline;

        public int Users { get; set; }

        public long LastUse { get; set; }

        public void Dispose()
        {
            if (pipeline is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) pipeline.Value.Result.Dispose();
        }
    }
}
