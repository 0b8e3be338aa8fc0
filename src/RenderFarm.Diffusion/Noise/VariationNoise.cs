namespace RenderFarm.Diffusion.Noise;

/// <summary>Leads one image's noise a little way towards another's, so that the picture varies but is still recognized.</summary>
/// <remarks>
/// This implementation matches <c>slerp</c> of AUTOMATIC1111's <c>modules/rng.py</c>: noise is a tensor [channels, height, width], and the angle is taken
/// along its height, for each channel and column alone. Angles are worked out in double and rounded once. Where two columns are parallel and have no
/// angle, the noise stays as it is (A1111 does so, up to rounding, for equal seeds).
/// </remarks>
internal static class VariationNoise
{
    /// <summary>Mixes in place: x = sin((1−s)ω)/sin ω · a + sin(sω)/sin ω · b, with ω the angle between a and b.</summary>
    /// <param name="noise">channels × height × width numbers a of the image's own seed; receives x.</param>
    /// <param name="variation">As many numbers b of the variation seed.</param>
    /// <param name="height">Rows of a channel.</param>
    /// <param name="width">Columns of a channel.</param>
    /// <param name="strength">s, 0…1: 0 leaves a, 1 gives b.</param>
    public static void Mix(Span<float> noise, ReadOnlySpan<float> variation, int height, int width, double strength)
    {
        for (var channel = 0; channel < noise.Length; channel += height * width)
        {
            for (var column = channel; column < channel + width; column++)
            {
                var omega = Math.Acos(Math.Clamp(Cosine(noise, variation, column, height, width), -1, 1));
                var sine = Math.Sin(omega);
                if (sine < 1e-9) continue;
                var own = (float)(Math.Sin((1 - strength) * omega) / sine);
                var other = (float)(Math.Sin(strength * omega) / sine);
                for (var row = 0; row < height; row++)
                {
                    var i = column + (row * width);
                    noise[i] = (own * noise[i]) + (other * variation[i]);
                }
            }
        }
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int column, int height, int width)
    {
        var (dot, lengthA, lengthB) = (0.0, 0.0, 0.0);
        for (var row = 0; row < height; row++)
        {
            var i = column + (row * width);
            dot += (double)a[i] * b[i];
            lengthA += (double)a[i] * a[i];
            lengthB += (double)b[i] * b[i];
        }

        return dot / Math.Sqrt(lengthA * lengthB);
    }
}
