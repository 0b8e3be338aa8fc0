namespace RenderFarm.Diffusion.Denoising;

/// <summary>Shape of one image's latent. Latents of equal shape can share a UNet call.</summary>
/// <param name="Channels">Latent channels, 4 for Stable Diffusion.</param>
/// <param name="Height">Latent rows: image height ÷ VAE factor.</param>
/// <param name="Width">Latent columns: image width ÷ VAE factor.</param>
internal readonly record struct LatentShape(int Channels, int Height, int Width)
{
    /// <summary>Numbers in one latent.</summary>
    public int Length => Channels * Height * Width;
}
