namespace RenderFarm.Diffusion.Sampling;

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
    /// <exception cref="InvalidOperationException">The state is finished.</exception>
    public abstract float Timestep { get; }

    /// <summary>Writes what the UNet is to see at this turn (diffusers: <c>scale_model_input</c>). Allocates nothing.</summary>
    /// <param name="input">As long as <see cref="Latent"/>.</param>
    /// <exception cref="InvalidOperationException">The state is finished.</exception>
    public abstract void WriteInput(Span<float> input);

    /// <summary>Takes the UNet's prediction (after guidance) and moves on by one turn. Allocates nothing.</summary>
    /// <param name="prediction">As long as <see cref="Latent"/>; epsilon, v or sample as the checkpoint's training schedule says.</param>
    /// <exception cref="InvalidOperationException">The state is finished.</exception>
    public abstract void Advance(ReadOnlySpan<float> prediction);

    /// <summary>Mixes another latent in, between two turns: x' = s·o + (1 − s)·x. Allocates nothing.</summary>
    /// <param name="other">o, in the sampler's own scaling, as long as <see cref="Latent"/>.</param>
    /// <param name="share">s of each element, 0…1; as long.</param>
    public abstract void Blend(ReadOnlySpan<float> other, ReadOnlySpan<float> share);
}
