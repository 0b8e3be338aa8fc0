namespace RenderFarm.Diffusion.Sampling;

/// <summary>Adams–Bashforth extrapolation over evenly spaced predictions, order 1 to 4 by how many there are (Liu et al. 2022, equation 12).</summary>
internal static class AdamsBashforth
{
    /// <summary>The prediction that carries a whole step.</summary>
    /// <param name="predictions">At least one, newest first.</param>
    /// <param name="result">As long as a prediction.</param>
    public static void Extrapolate(LatentHistory predictions, Span<float> result)
    {
        var newest = predictions[0];
        switch (predictions.Count)
        {
            case 1:
                newest.CopyTo(result);
                break;
            case 2:
                for (var i = 0; i < result.Length; i++) result[i] = ((3 * newest[i]) - predictions[1][i]) / 2;
                break;
            case 3:
                Third(newest, predictions[1], predictions[2], result);
                break;
            default:
                Fourth(newest, predictions[1], predictions[2], predictions[3], result);
                break;
        }
    }

    private static void Third(float[] p0, float[] p1, float[] p2, Span<float> result)
    {
        for (var i = 0; i < result.Length; i++) result[i] = ((23 * p0[i]) - (16 * p1[i]) + (5 * p2[i])) / 12;
    }

    private static void Fourth(float[] p0, float[] p1, float[] p2, float[] p3, Span<float> result)
    {
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (1.0f / 24) * ((55 * p0[i]) - (59 * p1[i]) + (37 * p2[i]) - (9 * p3[i]));
        }
    }
}
