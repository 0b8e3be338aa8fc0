namespace RenderFarm.Imaging;

/// <summary>How close two pictures are.</summary>
public static class PeakSignalToNoise
{
    /// <summary>PSNR over all channels: 10·log₁₀(255² ÷ mean squared error).</summary>
    /// <param name="a">One picture.</param>
    /// <param name="b">Another of the same size.</param>
    /// <returns>Decibels; positive infinity for equal pictures.</returns>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double Decibels(RgbImage a, RgbImage b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Width != b.Width || a.Height != b.Height)
            throw new ArgumentException($"Pictures of {a.Width}×{a.Height} and {b.Width}×{b.Height} cannot be compared.", nameof(b));
        long squares = 0;
        for (int i = 0; i < a.Pixels.Length; i++)
        {
            int difference = a.Pixels[i] - b.Pixels[i];
            squares += difference * difference;
        }

        return squares == 0 ? double.PositiveInfinity : 10 * Math.Log10(255.0 * 255.0 * a.Pixels.Length / squares);
    }
}
