using CsCheck;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs.Planning;

public sealed class JobPlannerTests
{
    [Fact]
    public void Images_are_ordered_by_prompt_sampler_steps_guidance_seed_image_the_last_fastest()
    {
        var planner = new JobPlanner("sha256:c", AJob.Sweep() with
        {
            Prompts = ["p0", "p1"],
            Samplers = [new(Samplers.Euler, NoiseSchedules.Uniform), new(Samplers.Heun, NoiseSchedules.Karras)],
            Steps = [5, 9],
            GuidanceScales = [1, 4],
            Seeds = [100, 200],
            Images = 2,
        });
        var expected =
            from prompt in new[] { "p0", "p1" }
            from sampler in new[] { ("euler", "uniform"), ("heun", "karras") }
            from steps in new[] { 5, 9 }
            from guidance in new[] { 1.0, 4.0 }
            from seed in new[] { 100u, 101u, 200u, 201u }
            select (prompt, sampler, steps, guidance, seed);

        var recipes = Enumerable.Range(0, planner.Total).Select(planner.RecipeAt);

        Assert.Equal(expected, recipes.Select(recipe => (recipe.Prompt, (recipe.Sampler, recipe.NoiseSchedule), recipe.Steps, recipe.GuidanceScale, recipe.Seed)));
    }

    [Fact]
    public void Recipe_has_every_setting_of_the_job()
    {
        var recipe = new JobPlanner("sha256:c", AJob.Sweep() with
        {
            NegativePrompt = "blurry",
            PromptSyntax = PromptSyntaxes.Plain,
            ClipSkip = 2,
            GuidanceRescale = 0.7,
            GuidanceStart = 0.2,
            GuidanceEnd = 0.8,
            VariationSeed = 5,
            VariationStrength = 0.3,
            Samplers = [new(Samplers.Ddim, NoiseSchedules.Uniform)],
            Eta = 0.5,
            Width = 128,
            Height = 256,
            TimestepSpacing = TimestepSpacings.Trailing,
            NoiseSource = NoiseSources.TorchCuda,
            Determinism = DeterminismClasses.Fast,
            Seeds = [uint.MaxValue],
        }).RecipeAt(0);

        Assert.Equal(
            new Recipe
            {
                Checkpoint = "sha256:c",
                Prompt = "a cat",
                NegativePrompt = "blurry",
                PromptSyntax = "plain",
                ClipSkip = 2,
                GuidanceRescale = 0.7,
                GuidanceStart = 0.2,
                GuidanceEnd = 0.8,
                VariationSeed = 5,
                VariationStrength = 0.3,
                Seed = uint.MaxValue,
                Width = 128,
                Height = 256,
                Steps = 10,
                Sampler = "ddim",
                NoiseSchedule = "uniform",
                TimestepSpacing = "trailing",
                Eta = 0.5,
                GuidanceScale = 3,
                NoiseSource = "torch_cuda",
                Determinism = "fast",
            },
            recipe);
    }

    [Fact]
    public void Strengths_are_an_axis_between_guidance_scale_and_seed()
    {
        var planner = new JobPlanner("sha256:c", AJob.Sweep() with { InitImage = "sha256:i", GuidanceScales = [1, 4], Strengths = [0.5, 0.75], Seeds = [7], Images = 2 });
        Assert.Equal(
            [(1, 0.5, 7), (1, 0.5, 8), (1, null, 7), (1, null, 8), (4, 0.5, 7), (4, 0.5, 8), (4, null, 7), (4, null, 8)],
            Enumerable.Range(0, planner.Total).Select(planner.RecipeAt).Select(recipe => ((int)recipe.GuidanceScale, recipe.Strength, (int)recipe.Seed)));
        Assert.Equal([(0, 2), (2, 2), (4, 2), (6, 2)], planner.Costs(1).Select(stretch => (stretch.First, stretch.Count)));
    }

    [Fact]
    public void Recipe_has_every_setting_of_pictures()
    {
        var margins = new OutpaintMargins { Left = 8 };
        var recipe = new JobPlanner("sha256:c", AJob.Sweep() with
        {
            InitImage = "sha256:i",
            Strengths = [0.5],
            Mask = "sha256:m",
            MaskBlur = 0,
            InpaintArea = InpaintAreas.Masked,
            InpaintPadding = 16,
            InpaintFill = InpaintFills.Noise,
            Outpaint = margins,
        }).RecipeAt(0);
        Assert.Equal(("sha256:i", 0.5, "sha256:m", 0, "masked", 16, "noise", margins, null), (
            recipe.InitImage, recipe.Strength, recipe.Mask, recipe.MaskBlur, recipe.InpaintArea, recipe.InpaintPadding, recipe.InpaintFill, recipe.Outpaint, recipe.Hires));
    }

    [Fact]
    public void Second_pass_has_the_steps_of_the_first_unless_it_has_its_own()
    {
        var sweep = AJob.Sweep() with { Steps = [10, 20], Hires = new HiresSettings { Scale = 2 } };
        HiresPass? At(SweepView settings, int index) => new JobPlanner("sha256:c", settings).RecipeAt(index).Hires;
        Assert.Equal(new HiresPass { Scale = 2, Upscaler = "latent", Steps = 20, Strength = 0.7 }, At(sweep, 1));
        Assert.Equal(5, At(sweep with { Hires = sweep.Hires with { Steps = 5 } }, 1)!.Steps);
    }

    [Fact]
    public void Image_k_of_a_variation_has_the_same_seed_and_variation_seed_plus_k()
    {
        var planner = new JobPlanner("sha256:c", AJob.Sweep() with { Seeds = [uint.MaxValue, 3], Images = 2, VariationSeed = 9, VariationStrength = 0.5 });
        Assert.Equal(
            [(uint.MaxValue, 9u), (uint.MaxValue, 10u), (3u, 9u), (3u, 10u)],
            Enumerable.Range(0, 4).Select(planner.RecipeAt).Select(recipe => (recipe.Seed, recipe.VariationSeed)));
    }

    [Theory]
    [InlineData("euler", 10, 1.0, 1.0, 64 * 64 * 10)]
    [InlineData("euler", 10, 1.5, 1.0, 64 * 64 * 10 * 2)]
    [InlineData("heun", 10, 1.0, 1.0, 64 * 64 * 19)]
    [InlineData("plms", 10, 1.0, 1.0, 64 * 64 * 11)]
    [InlineData("euler", 10, 1.0, 0.5, 64 * 64 * 5)]
    [InlineData("euler", 1, 1.0, 1e-9, 1)]
    public void Cost_counts_pixels_evaluations_guidance_and_checkpoint(string sampler, int steps, double guidance, double factor, long cost) => Assert.Equal(
        cost, Assert.Single(new JobPlanner("sha256:c", AJob.Sweep() with { Samplers = [new(sampler, "uniform")], Steps = [steps], GuidanceScales = [guidance] }).Costs(factor)).Cost);

    [Theory]
    [InlineData(4.0, 0.2, 0.8, 64 * 64 * 32)]
    [InlineData(4.0, 0.5, 0.5, 64 * 64 * 20)]
    [InlineData(1.0, 0.2, 0.8, 64 * 64 * 20)]
    public void Guidance_costs_only_while_it_runs(double guidance, double start, double end, long cost) => Assert.Equal(
        cost, Assert.Single(new JobPlanner("sha256:c", AJob.Sweep() with { Steps = [20], GuidanceScales = [guidance], GuidanceStart = start, GuidanceEnd = end }).Costs(1)).Cost);

    [Fact]
    public void Stretches_of_costs_cover_every_task_in_order_with_its_own_cost() => (
        from prompts in Gen.Int[1, 3]
        from steps in Gen.Int[1, 20].Array[1, 3]
        from guidance in Gen.Double[0, 5].Array[1, 3]
        from seeds in Gen.Int[1, 3]
        from images in Gen.Int[1, 4]
        select AJob.Sweep() with
        {
            Prompts = [.. Enumerable.Range(0, prompts).Select(prompt => $"p{prompt}")],
            Steps = steps,
            GuidanceScales = guidance,
            Seeds = [.. Enumerable.Range(0, seeds).Select(seed => (uint)seed)],
            Images = images,
        }).Sample(sweep =>
        {
            var planner = new JobPlanner("sha256:c", sweep);
            var costs = planner.Costs(1).ToList();
            var next = 0;
            foreach (var stretch in costs)
            {
                Assert.Equal(next, stretch.First);
                for (var index = stretch.First; index < stretch.First + stretch.Count; index++)
                {
                    var recipe = planner.RecipeAt(index);
                    Assert.Equal((long)recipe.Width * recipe.Height * recipe.Steps * (recipe.GuidanceScale > 1 ? 2 : 1), stretch.Cost);
                }

                next += stretch.Count;
            }

            Assert.Equal(planner.Total, next);
        });

    [Fact]
    public void Index_outside_the_job_is_refused()
    {
        var planner = new JobPlanner("sha256:c", AJob.Sweep());

        Assert.Throws<ArgumentOutOfRangeException>(() => planner.RecipeAt(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => planner.RecipeAt(-1));
    }

    [Fact]
    public void Count_of_the_largest_sweep_does_not_overflow()
    {
        var thousand = Enumerable.Range(0, 1_000).ToArray();
        var sweep = AJob.Sweep() with
        {
            Prompts = [.. thousand.Select(value => $"{value}")],
            Samplers = [.. thousand.Select(_ => new SweepSampler("euler", "uniform"))],
            Steps = thousand,
            GuidanceScales = [.. thousand.Select(value => (double)value)],
            Seeds = [.. thousand.Select(value => (uint)value)],
            Images = 1_000_000,
        };

        Assert.Equal(Int128.Parse("1000000000000000000000", null), JobPlanner.Count(sweep));
    }
}
