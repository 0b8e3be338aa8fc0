using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Vae;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>What denoising begins with.</summary>
/// <param name="Values">The latent, noised as <paramref name="Turn"/> wants it.</param>
/// <param name="Turn">Turn of the sampler to begin at; beyond the last when nothing is to be denoised.</param>
/// <param name="Inpainting">Keeps a part of the initial image; null where there is nothing to keep.</param>
internal sealed record FirstLatent(float[] Values, int Turn, Inpainting? Inpainting)
{
    /// <summary>Text to image: noise alone.</summary>
    public static FirstLatent FromNoise(GenerationRequest request, LatentShape shape, Sampler sampler, INoiseStream noise)
    {
        var latent = Draw(request, shape, noise);
        for (var i = 0; i < latent.Length; i++) latent[i] *= sampler.InitialNoiseScale;
        return new FirstLatent(latent, 0, null);
    }

    /// <summary>Image to image: the initial image's latent under as much noise as the strength asks for.</summary>
    public static FirstLatent FromImage(GenerationRequest request, LatentShape shape, Sampler sampler, INoiseStream noise, VaeEncoder encoder)
    {
        // The order of the draws is diffusers': first the encoder's sample, then the noise.
        var original = encoder.Encode(request.InitialImage!, shape, noise);
        var turn = sampler.FirstTurn(request.Strength);
        if (turn == sampler.Timesteps.Count) return new FirstLatent(original, turn, null);
        var drawn = Draw(request, shape, noise);
        var latent = original.ToArray();
        sampler.AddNoise(latent, drawn, turn);
        var inpainting = request.Mask is null ? null : new Inpainting(Inpainting.Keep(request.Mask, shape), original, drawn, sampler);
        return new FirstLatent(latent, turn, inpainting);
    }

    private static float[] Draw(GenerationRequest request, LatentShape shape, INoiseStream noise)
    {
        var drawn = new float[shape.Length];
        noise.Draw(drawn);
        if (request.VariationStrength == 0) return drawn;
        var variation = new float[shape.Length];
        NoiseStreams.Create(request.NoiseSource, request.VariationSeed).Draw(variation);
        VariationNoise.Mix(drawn, variation, shape.Height, shape.Width, request.VariationStrength);
        return drawn;
    }
}
