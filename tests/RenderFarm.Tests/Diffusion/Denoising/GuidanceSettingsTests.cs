using CsCheck;
using RenderFarm.Diffusion.Denoising;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Denoising;

public sealed class GuidanceSettingsTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(50)]
    [InlineData(1000)]
    public void Guidance_in_the_middle_60_percent_takes_four_fifths_of_the_rows(int turns)
    {
        var everywhere = Rows(new GuidanceSettings(7.5), turns);
        Assert.Equal(2 * turns, everywhere);
        Assert.Equal(0.80, (double)Rows(new GuidanceSettings(7.5, Start: 0.2, End: 0.8), turns) / everywhere, 6);
    }

    [Fact]
    public void Bounds_are_whole_turns_also_where_binary_fractions_are_not()
    {
        var guidance = new GuidanceSettings(2, Start: 0.29, End: 0.57);
        Assert.Equal(Enumerable.Range(29, 28), Enumerable.Range(0, 100).Where(turn => guidance.IsOnAt(turn, 100)));
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(0, 0, 1)]
    [InlineData(7.5, 0.5, 0.5)]
    [InlineData(7.5, 0.98, 1)]
    public void Guidance_that_runs_at_no_turn_is_off(double scale, double start, double end)
    {
        var guidance = new GuidanceSettings(scale, Start: start, End: end);
        Assert.False(guidance.IsOn(20));
        Assert.Equal(20, Rows(guidance, 20));
    }

    [Fact]
    public void Guidance_is_on_as_a_whole_exactly_when_it_is_on_at_some_turn() =>
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[1, 60]).Sample((a, b, turns) =>
        {
            var guidance = new GuidanceSettings(3, Start: Math.Min(a, b), End: Math.Max(a, b));
            return guidance.IsOn(turns) == Enumerable.Range(0, turns).Any(turn => guidance.IsOnAt(turn, turns));
        });

    private static int Rows(GuidanceSettings guidance, int turns) => Enumerable.Range(0, turns).Sum(turn => guidance.IsOnAt(turn, turns) ? 2 : 1);
}
