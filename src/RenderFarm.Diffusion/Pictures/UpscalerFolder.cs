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

    /// <summary>An upscaler by its name; null for the two ways that need none.</summary>
    /// <exception cref="GenerationException">There is none of this name, or it cannot be loaded; the message says which there are, or why.</exception>
    public Upscaler? Find(string name)
    {
        if (PictureNames.Upscalers.Contains(name)) return null;
        lock (_gate)
        {
            if (_loaded.TryGetValue(name, out var known)) return known;
            // Looked up among the files there are: a name from a stranger never becomes a path.
            GenerationSettings.Require(Files().TryGetValue(name, out var file), "hires_upscaler", name, string.Join(", ", PictureNames.Upscalers.Concat(Names)));
            try
            {
                return _loaded[name] = Upscaler.Load(file!, sessions);
            }
            catch (CheckpointException error)
            {
                throw new GenerationException(GenerationError.BadRequest, $"hires_upscaler: {error.Message}", error);
            }
        }
    }

    private Dictionary<string, string> Files() => folder is null || !Directory.Exists(folder) ? []
        : Directory.EnumerateFiles(folder, "*.onnx").ToDictionary(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (var upscaler in _loaded.Values) upscaler.Dispose();
    }
}
