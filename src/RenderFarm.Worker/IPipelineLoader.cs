using Microsoft.Extensions.Options;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Worker;

/// <summary>Turns a checkpoint into something that renders: the real engine, or in tests a pipeline that fails on purpose.</summary>
internal interface IPipelineLoader
{
    /// <param name="checkpoint">What to load.</param>
    /// <param name="device">Where to, as the engine calls it.</param>
    /// <exception cref="CheckpointException">A file is damaged; the message names it.</exception>
    /// <exception cref="GenerationException">Memory does not hold it.</exception>
    ITextToImagePipeline Load(Checkpoint checkpoint, string device);
}

/// <summary>Loads the real engine.</summary>
internal sealed class StableDiffusionLoader(IOptions<WorkerOptions> options, TimeProvider clock) : IPipelineLoader
{
    public ITextToImagePipeline Load(Checkpoint checkpoint, string device) =>
        StableDiffusionPipeline.Load(checkpoint, SettingsMapping.ToPipelineOptions(options.Value, device), clock);
}
