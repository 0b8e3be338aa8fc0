using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;

namespace RenderFarm.ModelTests;

/// <summary>The demo checkpoint, loaded once for a test class.</summary>
public sealed class DemoPipeline : IDisposable
{
    public StableDiffusionPipeline Pipeline { get; } = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint));

    public void Dispose() => Pipeline.Dispose();
}
