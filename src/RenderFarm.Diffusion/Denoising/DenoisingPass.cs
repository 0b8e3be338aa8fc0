using RenderFarm.Diffusion.Pictures;
using RenderFarm.Diffusion.Sampling;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>One way through a sampler. An image takes one, or two when it is made larger in between.</summary>
/// <param name="Shape">Shape of the latent.</param>
/// <param name="Sampler">The sampler.</param>
/// <param name="Start">What it begins with.</param>
/// <param name="Progress">Who is told of its turns; null for nobody.</param>
internal sealed record DenoisingPass(LatentShape Shape, Sampler Sampler, PassStart Start, IProgress<GenerationProgress>? Progress)
{
    /// <summary>The request's member that says where the pass begins, for error messages.</summary>
    public string Strength { get; init; } = "strength";

    /// <summary>Turns of the sampler.</summary>
    public int Turns => Sampler.Timesteps.Count;

    /// <summary>Whether there is anything to denoise.</summary>
    public bool IsEmpty => Start.First.Turn >= Turns;
}
