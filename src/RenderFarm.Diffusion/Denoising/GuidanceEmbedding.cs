namespace RenderFarm.Diffusion.Denoising;

/// <summary>
/// The guidance scale as a latent consistency UNet takes it (Luo et al. 2023, arXiv:2310.04378): the sinusoidal embedding of 1,000·(scale − 1), sines first.
/// Guidance then needs no row of its own.
/// </summary>
/// <remarks>
/// This implementation matches <c>get_guidance_scale_embedding</c> of diffusers 0.27.2, which rounds to float32 after every operation; sine, cosine and
/// exponential are taken in double, so that they are the same everywhere, and may differ from torch's by their last bit.
/// </remarks>
internal static class GuidanceEmbedding
{
    /// <summary>The embedding of a guidance scale.</summary>
    /// <param name="scale">Guidance scale w + 1, at least 1; smaller ones count as 1.</param>
    /// <param name="width">Numbers to make, at least 4; 256 for LCM. The last of an odd number is 0.</param>
    public static float[] Of(double scale, int width)
    {
        var half = width / 2;
        var embedding = new float[width];
        var guidance = (float)Math.Max(0, scale - 1) * 1000f;
        var step = (float)Math.Log(10000) / (half - 1);
        for (var i = 0; i < half; i++)
        {
            var angle = guidance * (float)Math.Exp(i * -step);
            embedding[i] = (float)Math.Sin(angle);
            embedding[half + i] = (float)Math.Cos(angle);
        }

        return embedding;
    }
}
