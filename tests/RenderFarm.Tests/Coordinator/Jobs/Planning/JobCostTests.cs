using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs.Planning;

public sealed class JobCostTests
{
    private const int Pixels = 64 * 64;

    [Theory]
    [InlineData("euler", 20, 1.0, 0.5, 10)]
    [InlineData("euler", 20, 4.0, 0.5, 20)]
    [InlineData("heun", 20, 1.0, 0.5, 19)]
    [InlineData("euler", 20, 1.0, 0.01, 0)]
    [InlineData("euler", 20, 1.0, 1.0, 20)]
    public void Picture_to_begin_from_costs_the_steps_that_are_run(string sampler, int steps, double guidance, double strength, int rows) =>
        Assert.Equal(Math.Max(1, Pixels * rows), JobCost.Of(AJob.Sweep(), sampler, steps, guidance, strength, 1));

    [Fact]
    public void Outpainting_costs_every_step_whatever_the_strength() => Assert.Equal(
        Pixels * 20, JobCost.Of(AJob.Sweep() with { Outpaint = new OutpaintMargins { Left = 8 } }, "euler", 20, 1, 0.5, 1));

    /// <summary>Of the last ten of twenty evaluations, guidance runs in those from its start to its end.</summary>
    [Theory]
    [InlineData(0.0, 1.0, 20)]
    [InlineData(0.75, 1.0, 15)]
    [InlineData(0.0, 0.6, 12)]
    [InlineData(0.0, 0.4, 10)]
    public void Guidance_counts_where_it_meets_the_steps_that_are_run(double start, double end, int rows) =>
        Assert.Equal(Pixels * rows, JobCost.Of(AJob.Sweep() with { GuidanceStart = start, GuidanceEnd = end }, "euler", 20, 4, 0.5, 1));

    [Theory]
    [InlineData(2.0, null, 10, 4 * 10)]
    [InlineData(2.0, 5, 10, 4 * 5)]
    [InlineData(1.5, 4, 10, 9)]
    public void Second_pass_costs_its_steps_at_its_size(double scale, int? own, int steps, int rows) => Assert.Equal(
        Pixels * (steps + rows),
        JobCost.Of(AJob.Sweep() with { Hires = new HiresSettings { Scale = scale, Steps = own, Strength = 0.5 } }, "euler", steps, 1, 1, 1));

    [Fact]
    public void Second_pass_without_strength_runs_no_step() => Assert.Equal(
        Pixels * 10, JobCost.Of(AJob.Sweep() with { Hires = new HiresSettings { Scale = 2, Strength = 0 } }, "euler", 10, 1, 1, 1));

    /// <summary>Fairness goes by the cost: it must be what the engine does.</summary>
    [Fact]
    public void Rows_are_the_turns_that_the_engine_takes()
    {
        foreach (var name in Samplers.All.Where(Samplers.CanBeginLate))
        {
            var sampler = SamplerCatalog.Create(new TrainingSchedule(new TrainingScheduleOptions()), new SamplerSettings { Sampler = name, Steps = 20 });
            foreach (var strength in (double[])[0.3, 0.5, 0.75, 1])
                Assert.Equal((name, Pixels * (sampler.Timesteps.Count - sampler.FirstTurn(strength))), (name, (int)JobCost.Of(AJob.Sweep(), name, 20, 1, strength, 1)));
        }
    }
}
