using RenderFarm.Contracts.Workers;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Pictures;

namespace RenderFarm.Worker;

/// <summary>The upscalers that this worker offers. Which file of its folder has the bytes of a recipe, the engine looks for itself when it loads one.</summary>
internal sealed class UpscalerShelf(IReadOnlyList<UpscalerDescription> held)
{
    /// <summary>What it announces; null for none.</summary>
    public IReadOnlyList<UpscalerDescription>? Held => held.Count > 0 ? held : null;

    /// <summary>Reads the folder that the options name.</summary>
    /// <exception cref="CheckpointException">The folder is missing, or a file in it cannot be offered; the message names it.</exception>
    public static UpscalerShelf Open(WorkerOptions options) => options.UpscalerFolder is not { } folder
        ? new UpscalerShelf([])
        : new UpscalerShelf([.. UpscalerFile.ReadFolder(folder, options.AllowHardLinks).Select(file => new UpscalerDescription(file.Name, file.Digest))]);
}
