namespace RenderFarm.Diffusion.Sampling;

/// <summary>Adams–Bashforth extrapolation over evenly spaced predictions, order 1 to 4 (Liu et al. 2022, equation 12).</summary>
internal static class AdamsBashforth
{
    /// <summary>One element of the prediction that carries a whole step.</summary>
    public static float Extrapolate(LatentHistory predictions, int i) => predictions.Count switch
    {
        1 => predictions[0][i],
        2 => ((3 * predictions[0][i]) - predictions[1][i]) / 2,
        3 => ((23 * predictions[0][i]) - (16 * predictions[1][i]) + (5 * predictions[2][i])) / 12,
        _ => (1.0f / 24) * ((55 * predictions[0][i]) - (59 * predictions[1][i]) + (37 * predictions[2][i]) - (9 * predictions[3][i])),
    };
}
