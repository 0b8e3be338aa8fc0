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

    /// <summary>Starts one image.</summary>
    /// <param name="latent">
    /// Latent to start from, any shape in C order; copied. For text to image: unit noise × <see cref="InitialNoiseScale"/>. With a later
    /// <paramref name="firstTurn"/>: the result of <see cref="AddNoise"/> for that turn.
    /// </param>
    /// <param name="noise">The image's own stream, positioned after the draw that made the first latent.</param>
    /// <param name="firstTurn">0, or the turn at which an image-to-image run begins.</param>
    public abstract SamplerState Start(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn = 0);

    /// <summary>Noises a clean latent to the level at which <paramref name="turn"/> begins (diffusers: <c>add_noise</c>).</summary>
    /// <param name="latent">Clean latent; receives the result.</param>
    /// <param name="noise">Unit normals of the same length.</param>
    /// <param name="turn">A turn of this sampler.</param>
    public abstract void AddNoise(Span<float> latent, ReadOnlySpan<float> noise, int turn);
}

/// <summary>One image on its way through a <see cref="Sampler"/>. Not safe for concurrent use.</summary>
public abstract class SamplerState
{
    /// <summary>The latent as it stands, in the sampler's own scaling; final when <see cref="Finished"/>.</summary>
    public abstract ReadOnlySpan<float> Latent { get; }

    /// <summary>Turns done so far, counted from the first turn of the sampler.</summary>
    public abstract int Turn { get; }

    /// <summary>True after the last turn.</summary>
    public abstract bool Finished { get; }

    /// <summary>Training timestep to give to the UNet at this turn.</summary>
    public abstract float Timestep { get; }

    /// <summary>Writes what the UNet is to see at this turn (diffusers: <c>scale_model_input</c>). Allocates nothing.</summary>
    /// <param name="input">As long as <see cref="Latent"/>.</param>
    public abstract void WriteInput(Span<float> input);

    /// <summary>Takes the UNet's prediction (after guidance) and moves on by one turn. Allocates nothing.</summary>
    /// <param name="prediction">As long as <see cref="Latent"/>; epsilon, v or sample as the checkpoint's training schedule says.</param>
    public abstract void Advance(ReadOnlySpan<float> prediction);
}
