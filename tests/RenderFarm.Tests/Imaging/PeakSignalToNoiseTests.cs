using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

public sealed class PeakSignalToNoiseTests
{
    [Fact]
    public void Equal_pictures_are_infinitely_close() =>
        Assert.Equal(double.PositiveInfinity, PeakSignalToNoise.Decibels(Pictures.Noisy(), Pictures.Noisy()));

    [Fact]
    public void Difference_of_one_everywhere_is_48_decibels() =>
        Assert.Equal(48.1308, PeakSignalToNoise.Decibels(Pictures.Solid(4, 4, 10, 20, 30), Pictures.Solid(4, 4, 11, 19, 31)), 4);

    [Fact]
    public void Black_against_white_is_zero_decibels() =>
        Assert.Equal(0, PeakSignalToNoise.Decibels(Pictures.Solid(4, 4, 0, 0, 0), Pictures.Solid(4, 4, 255, 255, 255)), 9);

    [Fact]
    public void Pictures_of_different_sizes_are_refused() =>
        Assert.Contains("4×4 and 4×5", Assert.Throws<ArgumentException>(() => PeakSignalToNoise.Decibels(Pictures.Solid(4, 4, 0, 0, 0), Pictures.Solid(4, 5, 0, 0, 0))).Message, StringComparison.Ordinal);
}
