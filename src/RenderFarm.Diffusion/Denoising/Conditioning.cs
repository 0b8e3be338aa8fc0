using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>
/// What one row of a UNet call is told beside its latent and its timestep; the same at every turn. Immutable: buffers know by reference that a row holds it
/// already, so an array given here must not be written to again.
/// </summary>
/// <param name="text">Prompt embedding, <c>encoder_hidden_states</c>.</param>
internal sealed class Conditioning(PromptEmbedding text)
{
    public PromptEmbedding Text => text;

    /// <summary>Pooled prompt embedding, <c>text_embeds</c> [pooled width]; empty where the graph takes none.</summary>
    public float[] Pooled { get; init; } = [];

    /// <summary><c>time_ids</c>, in pixels: [original height, original width, crop top, crop left, target height, target width]; empty for none.</summary>
    public float[] TimeIds { get; init; } = [];

    /// <summary>Embedding of the guidance scale, <c>timestep_cond</c> [256]; empty for none.</summary>
    public float[] GuidanceEmbedding { get; init; } = [];

    /// <summary>Channels that follow the latent's own in <c>sample</c>, [extra, h, w] in C order, constant over the turns; empty for none.</summary>
    public float[] Channels { get; init; } = [];

    /// <summary><c>class_labels</c>: the noise level of a ×4 upscaler, 0…350; null for none.</summary>
    public int? ClassLabel { get; init; }

    /// <summary>Which inputs this fills, for a latent of a shape.</summary>
    /// <exception cref="ArgumentException">The extra channels are not whole planes of that shape.</exception>
    public ExtraInputs ExtrasFor(LatentShape latent)
    {
        var plane = latent.Height * latent.Width;
        if (Channels.Length % plane != 0)
            throw new ArgumentException($"{Channels.Length} numbers are no whole channels of {latent.Height}×{latent.Width} cells.", nameof(latent));
        return new ExtraInputs(Pooled.Length, TimeIds.Length, GuidanceEmbedding.Length, Channels.Length / plane, ClassLabel is not null);
    }
}
