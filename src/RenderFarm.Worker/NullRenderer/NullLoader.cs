using Microsoft.Extensions.Options;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Worker.NullRenderer;

/// <summary>Makes <see cref="NullPipeline"/>s for any checkpoint.</summary>
internal sealed class NullLoader(IOptions<WorkerOptions> options, TimeProvider clock) : IPipelineLoader
{
    public ITextToImagePipeline Load(Checkpoint checkpoint, string device) => new NullPipeline(options.Value.Slots, options.Value.NullImageTime, clock);
}
