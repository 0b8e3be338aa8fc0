using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// An integrator of the denoising process for one step count: immutable, so that any number of images at any step share it.
/// What changes while an image is made lives in its <see cref="SamplerState"/>.
/// </summary>
/// <remarks>
/// One <em>turn</em> is one UNet evaluation. The engine asks a state for its scaled input and timestep, hands back one prediction, and
/// repeats until the state is finished; samplers with several evaluations a step are the same to it.
/// </remarks>
public abstract class Sampler
{
    /// <summary>Name in recipes, for example <c>euler_a</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Training timestep given to the UNet at each turn (may be fractional); its length is the number of turns.</summary>
    public abstract IReadOnlyList<float> Timesteps { get; }

    /// <summary>What unit noise is multiplied with to become the first latent (diffusers: <c>init_noise_sigma</c>).</summary>
    public abstract float InitialNoiseScale { get; }

    /// <summary>The turn at which an image-to-image run begins (diffusers: <c>get_timesteps</c> of the img2img pipelines).</summary>
    /// <param name="strength">Share of the steps to run, 0…1; 1 runs all.</param>
    /// <returns>A turn to give to <see cref="AddNoise"/> and <see cref="Start"/>; <c>Timesteps.Count</c> when no step is to be run.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The strength is not within 0…1.</exception>
    public abstract int FirstTurn(double strength);

    /// <summary>Starts one image.</summary>
    /// <param name="latent">
    /// Latent to start from, any shape in C order; copied. For text to image: unit noise × <see cref="InitialNoiseScale"/>. With a later
    /// <paramref name="firstTurn"/>: the result of <see cref="AddNoise"/> for that turn.
    /// </param>
    /// <param name="noise">The image's own stream, positioned after the draw that made the first latent.</param>
    /// <param name="firstTurn">0, or the turn at which an image-to-image run begins: one that starts a step.</param>
    /// <exception cref="ArgumentException">The latent is empty, or no run can begin at that turn.</exception>
    public abstract SamplerState Start(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn = 0);

    /// <summary>Noises a clean latent to the level at which <paramref name="turn"/> begins (diffusers: <c>add_noise</c>).</summary>
    /// <param name="latent">Clean latent; receives the result.</param>
    /// <param name="noise">Unit normals of the same length.</param>
    /// <param name="turn">A turn of this sampler.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there is no such turn.</exception>
    public abstract void AddNoise(Span<float> latent, ReadOnlySpan<float> noise, int turn);
}
