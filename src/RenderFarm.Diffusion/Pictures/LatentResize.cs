using RenderFarm.Diffusion.Denoising;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>A latent at another size, for a second pass.</summary>
/// <remarks>
/// This implementation follows <c>torch.nn.functional.interpolate(mode="bilinear", align_corners=False)</c>, which A1111's upscaler "Latent" calls:
/// float32 throughout, cell middles aligned, borders repeated, nothing smoothed when it shrinks.
/// </remarks>
internal static class LatentResize
{
    /// <summary>Interpolates every channel by itself.</summary>
    /// <param name="latent">channels × height × width numbers.</param>
    /// <param name="from">Its shape.</param>
    /// <param name="to">The shape wanted, of as many channels.</param>
    public static float[] Bilinear(ReadOnlySpan<float> latent, LatentShape from, LatentShape to)
    {
        var (down, across) = (Taps(from.Height, to.Height), Taps(from.Width, to.Width));
        var result = new float[to.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var (y, x) = (down[i / to.Width % to.Height], across[i % to.Width]);
            var plane = latent.Slice(i / (to.Height * to.Width) * from.Height * from.Width, from.Height * from.Width);
            var upper = plane.Slice(y.First * from.Width, from.Width);
            var lower = plane.Slice(y.Second * from.Width, from.Width);
            result[i] = ((1 - y.Share) * (((1 - x.Share) * upper[x.First]) + (x.Share * upper[x.Second])))
                + (y.Share * (((1 - x.Share) * lower[x.First]) + (x.Share * lower[x.Second])));
        }

        return result;
    }

    /// <summary>For each cell of a new axis its two neighbours on the old one, and the share of the second.</summary>
    private static (int First, int Second, float Share)[] Taps(int from, int to)
    {
        var scale = (float)from / to;
        var taps = new (int First, int Second, float Share)[to];
        for (var i = 0; i < to; i++)
        {
            var at = Math.Max(0f, (scale * (i + 0.5f)) - 0.5f);
            var first = Math.Min((int)at, from - 1);
            taps[i] = (first, Math.Min(first + 1, from - 1), at - first);
        }

        return taps;
    }
}
