using RenderFarm.Diffusion.Denoising;

namespace RenderFarm.Diffusion.Engine;

/// <summary>What the rows of one UNet call have in common.</summary>
/// <param name="Latent">Shape of their latents.</param>
/// <param name="Tokens">Sequence length of their prompt embeddings, a multiple of 77 for CLIP.</param>
/// <param name="TextWidth">Width of their prompt embeddings.</param>
/// <param name="Extras">What they bring beside latent, timestep and prompt embedding.</param>
internal readonly record struct CallShape(LatentShape Latent, int Tokens, int TextWidth, ExtraInputs Extras = default)
{
    /// <summary>The shape of an image's calls.</summary>
    public static CallShape Of(LatentShape latent, Conditioning conditioning) =>
        new(latent, conditioning.Text.Tokens, conditioning.Text.Width, conditioning.ExtrasFor(latent));
}
