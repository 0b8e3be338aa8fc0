using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Jobs.Submission;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs.Submission;

public sealed class HiresRulesTests
{
    [Fact]
    public void Largest_image_is_the_first_pass_where_there_is_one_alone() =>
        Assert.Equal(64 * 96, HiresRules.Pixels(AJob.Sweep() with { Width = 64, Height = 96 }, 8));

    [Theory]
    [InlineData(2, 128 * 192)]
    [InlineData(1.1, 72 * 104)]
    [InlineData(1.01, 64 * 96)]
    public void Second_pass_makes_the_largest_image_with_sides_as_the_engine_rounds_them(double scale, long pixels) =>
        Assert.Equal(pixels, HiresRules.Pixels(AJob.Sweep() with { Width = 64, Height = 96, Hires = new HiresSettings { Scale = scale, Strength = 0 } }, 8));
}
