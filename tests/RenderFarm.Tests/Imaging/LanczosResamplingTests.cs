using CsCheck;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

public sealed class LanczosResamplingTests
{
    [Fact]
    public void Same_size_is_the_same_picture()
    {
        RgbImage image = Pictures.Noisy();
        Assert.Same(image, LanczosResampling.Resize(image, image.Width, image.Height));
    }

    [Fact]
    public void Plain_colour_stays_as_it_is_at_any_size() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[1, 40], Gen.Int[1, 40], Gen.Byte).Sample((fromWidth, fromHeight, width, height, value) =>
        {
            RgbImage resized = LanczosResampling.Resize(Pictures.Solid(fromWidth, fromHeight, value, 0, 255), width, height);
            return (resized.Width, resized.Height) == (width, height) && resized.Pixels.AsSpan().SequenceEqual(Pictures.Solid(width, height, value, 0, 255).Pixels);
        });

    /// <summary>The formula in double precision; what is rounded after each axis moves a byte by little more than one.</summary>
    [Fact]
    public void Every_pixel_is_the_weighted_sum_that_the_filter_defines() =>
        Gen.Select(Gen.Int[1, 24], Gen.Int[1, 24], Gen.Int[1, 30], Gen.Int[1, 30], Gen.Int[0, 999]).Sample((fromWidth, fromHeight, width, height, seed) =>
        {
            RgbImage image = Pictures.Noisy(fromWidth, fromHeight, seed);
            RgbImage resized = LanczosResampling.Resize(image, width, height);
            for (int i = 0; i < resized.Pixels.Length; i++)
            {
                double sum = 0;
                double[] across = Weights(i / 3 % width, width, fromWidth), down = Weights(i / 3 / width, height, fromHeight);
                for (int y = 0; y < fromHeight; y++)
                {
                    double row = 0;
                    for (int x = 0; x < fromWidth; x++)
                        row += across[x] * image.Pixels[(((y * fromWidth) + x) * 3) + (i % 3)];
                    // Bytes hold no less than black and no more than white, also in between.
                    sum += down[y] * Math.Clamp(row, 0, 255);
                }

                if (Math.Abs(Math.Clamp(sum, 0, 255) - resized.Pixels[i]) > 1.3)
                    return false;
            }

            return true;
        }, iter: 60);

    [Fact]
    public void Halving_a_picture_and_doubling_it_again_keeps_what_is_smooth()
    {
        RgbImage image = Pictures.Noisy(96, 64);
        RgbImage back = LanczosResampling.Resize(LanczosResampling.Resize(image, 48, 32), 96, 64);
        Assert.True(PeakSignalToNoise.Decibels(image, back) > 30);
    }

    private static double[] Weights(int at, int size, int sourceSize)
    {
        double scale = (double)sourceSize / size, stretch = Math.Max(1, scale), center = (at + 0.5) * scale;
        double[] weights = new double[sourceSize];
        for (int i = 0; i < sourceSize; i++)
        {
            double x = (i + 0.5 - center) / stretch;
            weights[i] = Math.Abs(x) >= 3 ? 0 : x == 0 ? 1 : 3 * Math.Sin(Math.PI * x) * Math.Sin(Math.PI * x / 3) / (Math.PI * Math.PI * x * x);
        }

        double total = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / total);
    }
}
