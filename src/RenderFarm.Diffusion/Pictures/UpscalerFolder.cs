using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>The upscalers of a folder, each loaded by the first image that asks for it. Safe for concurrent use.</summary>
/// <param name="folder">Where <c>NAME.onnx</c> lie; null for none.</param>
/// <param name="sessions">Opens them.</param>
internal sealed class UpscalerFolder(string? folder, OnnxSessionFactory sessions) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Upscaler> _loaded = new(StringComparer.Ordinal);

    /// <summary>The names there are, in order.</summary>
    public IReadOnlyList<string> Names => Files().Keys.Order(StringComparer.Ordinal).ToArray();

    /// <summary>An upscaler by its name, or by the digest of its file; null for the two ways that need none.</summary>
    /// <remarks>By digest, the bytes are compared at the moment of loading: a file that was changed since is not taken for what it was.</remarks>
    /// <exception cref="GenerationException">There is none of this name or digest, or it cannot be loaded; the message says which there are, or why.</exception>
    public Upscaler? Find(string name)
    {
        if (PictureNames.Upscalers.Contains(name)) return null;
        lock (_gate)
        {
            if (_loaded.TryGetValue(name, out var known)) return known;
            try
            {
                return _loaded[name] = Upscaler.Load(UpscalerFile.IsDigest(name) ? PathOf(name) : Named(name), sessions);
            }
            catch (CheckpointException error)
            {
                throw new GenerationException(GenerationError.BadRequest, $"hires_upscaler: {error.Message}", error);
            }
        }
    }

    private string PathOf(string digest) => UpscalerFile.Find(folder, digest, sessions.AllowHardLinks)?.Path
        ?? throw new GenerationException(GenerationError.UpscalerMissing, $"hires_upscaler: no file in the folder of upscalers has the digest {digest}.");

    // Looked up among the files there are: a name from a stranger never becomes a path.
    private string Named(string name)
    {
        GenerationSettings.Require(Files().TryGetValue(name, out var file), "hires_upscaler", name, string.Join(", ", PictureNames.Upscalers.Concat(Names)));
        return file!;
    }

    private Dictionary<string, string> Files() => folder is null || !Directory.Exists(folder) ? []
        : Directory.EnumerateFiles(folder, "*.onnx").ToDictionary(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (var upscaler in _loaded.Values) upscaler.Dispose();
    }
}
