using RenderFarm.Imaging.Plots;
using Xunit;

namespace RenderFarm.Tests.Imaging.Plots;

public sealed class PlotTests
{
    [Fact]
    public void Higher_values_are_drawn_higher()
    {
        var image = new Plot { Panels = [new PlotPanel("t", "x", [new PlotLine("l", [(0, 0), (10, 10)])])] }.Draw();

        Assert.Equal((900, 320), (image.Width, image.Height));
        var (left, right) = (InkOf(image.Pixels, 150), InkOf(image.Pixels, 860));
        Assert.True(right < left - 100, $"{right} is not well above {left}");
    }

    [Fact]
    public void Logarithmic_axis_gives_equal_ratios_equal_distances()
    {
        var axis = PlotAxis.Over([1, 1_000], isLogarithmic: true, 0, 300);

        Assert.Equal([0, 100, 200, 300], new double[] { 1, 10, 100, 1_000 }.Select(axis.Place));
        Assert.False(axis.Shows(0));
        Assert.Equal(["1", "10", "100", "1000"], axis.Ticks().Select(tick => tick.Label));
    }

    [Theory]
    [InlineData(7, 8)]
    [InlineData(0.03, 8)]
    [InlineData(1_700_000, 8)]
    public void Linear_axis_begins_at_zero_and_has_a_handful_of_ticks(double high, int most)
    {
        var ticks = PlotAxis.Over([high / 2, high], isLogarithmic: false, 0, 300).Ticks().ToList();

        Assert.Equal(0, ticks[0].Value);
        Assert.InRange(ticks.Count, 2, most);
    }

    // The row of the line's own colour (0072B2) in a column.
    private static int InkOf(byte[] pixels, int column) =>
        Enumerable.Range(40, 230).First(row => pixels.AsSpan(((row * 900) + column) * 3, 3).SequenceEqual((ReadOnlySpan<byte>)[0x00, 0x72, 0xB2]));
}
