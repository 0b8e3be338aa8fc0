using RenderFarm.Cli.Files;
using RenderFarm.Contracts.Api;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Files;

public sealed class SweepGridTests
{
    private static readonly SweepView Single = Sample.JobView.Sweep with { Prompts = ["a cat"], Images = 1 };

    [Fact]
    public void Several_images_of_one_cell_are_no_sweep()
    {
        Assert.False(SweepGrid.IsSweep(Single with { Images = 9 }));
        Assert.True(SweepGrid.IsSweep(Single with { Steps = [10, 25] }));
    }

    [Fact]
    public void Setting_that_changes_fastest_runs_along_the_columns()
    {
        var grid = SweepGrid.Of(
            Single with
            {
                Samplers = [new SweepSampler("euler", "uniform"), new SweepSampler("heun", "uniform")],
                Steps = [10, 25],
                GuidanceScales = [1, 7.5, 12],
            },
            "demo");
        Assert.Equal("a cat", grid.Title);
        Assert.Equal("demo · 64×64 · seed 7", grid.Subtitle);
        Assert.Equal(["guidance 1", "guidance 7.5", "guidance 12"], grid.Columns);
        Assert.Equal(["euler, steps 10", "euler, steps 25", "heun, steps 10", "heun, steps 25"], grid.Rows);
    }

    [Fact]
    public void Images_of_a_variation_are_told_apart_by_their_variation_seed() => Assert.Equal(
        ["seed 5, variation 8", "seed 5, variation 9"],
        SweepGrid.Of(Single with { Seeds = [5], Images = 2, VariationSeed = 8, VariationStrength = 0.2 }, "demo").Columns);

    [Fact]
    public void Strengths_are_an_axis_before_the_seeds()
    {
        var sweep = Single with { InitImage = "sha256:1", GuidanceScales = [1, 4], Strengths = [0.5, 0.75] };
        Assert.True(SweepGrid.IsSweep(sweep with { GuidanceScales = [1] }));
        Assert.Equal(["strength 0.5", "strength 0.75"], SweepGrid.Of(sweep, "demo").Columns);
        Assert.Equal(["guidance 1", "guidance 4"], SweepGrid.Of(sweep, "demo").Rows);
    }

    [Fact]
    public void Seeds_and_images_are_one_axis()
    {
        var grid = SweepGrid.Of(Single with { Seeds = [5, 100], Images = 2, Prompts = ["a cat", "a dog"] }, "demo");
        Assert.Equal("2 prompts", grid.Title);
        Assert.Equal(["seed 5", "seed 6", "seed 100", "seed 101"], grid.Columns);
        Assert.Equal(["a cat", "a dog"], grid.Rows);
    }

    [Fact]
    public void One_swept_setting_is_one_row()
    {
        var grid = SweepGrid.Of(Single with { Steps = [5, 10, 25] }, "demo");
        Assert.Equal([""], grid.Rows);
        Assert.Equal(["steps 5", "steps 10", "steps 25"], grid.Columns);
    }

    [Fact]
    public void Noise_schedules_are_named_where_they_differ()
    {
        var grid = SweepGrid.Of(Single with { Samplers = [new SweepSampler("euler", "uniform"), new SweepSampler("euler", "karras")] }, "demo");
        Assert.Equal(["euler uniform", "euler karras"], grid.Columns);
    }
}
