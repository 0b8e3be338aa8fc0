using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>
/// Keeps a part of a picture while the rest is painted anew, with a UNet that knows nothing of masks: after every turn the kept cells are put back, with as
/// much noise as that turn began with, and after the last one without any.
/// </summary>
/// <remarks>
/// This implementation matches diffusers' <c>StableDiffusionInpaintPipelineLegacy</c> (0.27.2), whose mask is the other way round: there 1 keeps.
/// Limitations: a cell of the latent is 8×8 pixels, so edges are coarse; kept pixels pass through the VAE and change slightly, unless the picture's own are
/// put back over them (<see cref="PictureOverlay"/>).
/// </remarks>
/// <param name="keep">1 where a number of the latent is kept, 0 where it is repainted.</param>
/// <param name="original">The picture's clean latent.</param>
/// <param name="noise">The noise it began with.</param>
/// <param name="sampler">Knows how much noise a turn begins with.</param>
/// <param name="release">The turn at which <paramref name="keep"/> begins to hold; before it, <paramref name="keepBefore"/> does. 0 where there is only one.</param>
/// <param name="keepBefore">What is kept before that turn: with outpainting, all of the old picture, however weakly it is to be repainted.</param>
internal sealed class Inpainting(float[] keep, float[] original, float[] noise, Sampler sampler, int release = 0, float[]? keepBefore = null)
{
    private readonly float[] _known = new float[original.Length];

    /// <summary>Puts the kept cells back.</summary>
    /// <param name="state">The image, after a turn.</param>
    /// <param name="turn">That turn.</param>
    public void Restore(SamplerState state, int turn)
    {
        original.CopyTo(_known, 0);
        sampler.AddNoise(_known, noise, turn);
        state.Blend(_known, turn < release ? keepBefore : keep);
        if (state.Finished) state.Blend(original, keep);
    }

    /// <summary>What to keep of a latent: the mask at the middle of each cell (nearest neighbour), its grey value as Pillow's mode L has it.</summary>
    /// <param name="mask">White is repainted.</param>
    /// <param name="shape">Shape of the latent.</param>
    /// <param name="hard">Whether greys are rounded, so that a cell is either kept or repainted.</param>
    public static float[] Keep(RgbImage mask, LatentShape shape, bool hard = false)
    {
        var keep = new float[shape.Length];
        for (var i = 0; i < keep.Length; i++)
        {
            var (row, column) = (i / shape.Width % shape.Height, i % shape.Width);
            var (y, x) = (((2 * row) + 1) * mask.Height / (2 * shape.Height), ((2 * column) + 1) * mask.Width / (2 * shape.Width));
            var pixel = mask.Pixels.AsSpan(((y * mask.Width) + x) * 3, 3);
            var grey = SoftMask.Grey(pixel);
            keep[i] = hard ? (grey < 128 ? 1 : 0) : 1 - (grey / 255f);
        }

        return keep;
    }
}
