using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Pictures;
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

    /// <summary>Image to image: the picture's latent under as much noise as the strength asks for.</summary>
    /// <remarks>Draws from the image's stream, in this order: the encoder's sample, the noise, and for the fill <c>noise</c> the noise under the mask.</remarks>
    /// <param name="request">The request.</param>
    /// <param name="picture">Its picture.</param>
    /// <param name="shape">Shape of the latent.</param>
    /// <param name="sampler">The sampler.</param>
    /// <param name="noise">The image's stream.</param>
    /// <param name="encoder">Makes latents of pictures.</param>
    /// <param name="blends">Whether what the mask leaves black is put back after every turn, because the UNet knows nothing of masks.</param>
    public static FirstLatent FromPicture(
        GenerationRequest request, PictureToPaint picture, LatentShape shape, Sampler sampler, INoiseStream noise, VaeEncoder encoder, bool blends = true)
    {
        // The order of the first two draws is diffusers'.
        var original = encoder.Encode(picture.Canvas, shape, noise);
        var released = sampler.FirstTurn(request.Strength);
        var turn = picture.New is null ? released : 0;
        if (turn == sampler.Timesteps.Count) return new FirstLatent(original, turn, null);
        var drawn = Draw(request, shape, noise);
        var latent = original.ToArray();
        if (picture.Mask is null)
        {
            sampler.AddNoise(latent, drawn, turn);
            return new FirstLatent(latent, turn, null);
        }

        var keep = Inpainting.Keep(picture.Mask, shape, picture.HasHardCells);
        Refill(latent, keep, request.InpaintFill, noise);
        sampler.AddNoise(latent, drawn, turn);
        var keepBefore = picture.New is null ? null : Inpainting.Keep(picture.New, shape, hard: true);
        if (!blends) return new FirstLatent(latent, turn, null);
        return new FirstLatent(latent, turn, new Inpainting(keep, original, drawn, sampler, keepBefore is null ? 0 : released, keepBefore));
    }

    /// <summary>A picture at a size of its own (the second pass), noised as a turn wants it.</summary>
    /// <param name="latent">Its clean latent; overwritten.</param>
    /// <param name="sampler">The sampler of the pass.</param>
    /// <param name="share">Share of the sampler's steps to run, 0…1.</param>
    /// <param name="noise">The image's stream; one draw is taken when a step is run.</param>
    public static FirstLatent FromLatent(float[] latent, Sampler sampler, double share, INoiseStream noise)
    {
        var turn = sampler.FirstTurn(share);
        if (turn == sampler.Timesteps.Count) return new FirstLatent(latent, turn, null);
        var drawn = new float[latent.Length];
        noise.Draw(drawn);
        sampler.AddNoise(latent, drawn, turn);
        return new FirstLatent(latent, turn, null);
    }

    /// <summary>A1111's latent fills: unit noise or zeros under the mask.</summary>
    private static void Refill(float[] latent, float[] keep, string fill, INoiseStream noise)
    {
        if (fill is not (PictureNames.Noise or PictureNames.Nothing)) return;
        var drawn = new float[latent.Length];
        if (fill == PictureNames.Noise) noise.Draw(drawn);
        for (var i = 0; i < latent.Length; i++) latent[i] = (latent[i] * keep[i]) + (drawn[i] * (1 - keep[i]));
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
