using CsCheck;
using RenderFarm.Diffusion.Sampling;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling.Schedules;

public sealed class SigmaScheduleTests
{
    private static readonly TrainingSchedule Training = new(new TrainingScheduleOptions { StepsOffset = 1 });

    private static readonly Gen<SamplerSettings> AnySettings =
        from steps in Gen.Int[1, 300]
        from spacing in Gen.Int[0, 2]
        from noiseSchedule in Gen.Int[0, 2]
        select new SamplerSettings
        {
            Sampler = "euler",
            Steps = steps,
            TimestepSpacing = TimestepSpacing.Names[spacing],
            NoiseSchedule = ((string[])["uniform", "karras", "exponential"])[noiseSchedule],
        };

    [Fact]
    public void Sigmas_fall_to_zero_and_timesteps_stay_within_training() => AnySettings.Sample(settings =>
    {
        foreach (var schedule in (SigmaSchedule[])[SigmaSchedule.KDiffusion(Training, settings), SigmaSchedule.DpmSolver(Training, settings)])
        {
            Assert.Equal(settings.Steps, schedule.Timesteps.Length);
            Assert.Equal(settings.Steps + 1, schedule.Sigmas.Length);
            Assert.Equal(0f, schedule.Sigmas[^1]);
            Assert.All(schedule.Timesteps, timestep => Assert.InRange(timestep, 0f, 999f));
            for (var i = 1; i < schedule.Sigmas.Length; i++) Assert.True(schedule.Sigmas[i] < schedule.Sigmas[i - 1]);
        }
    });

    [Fact]
    public void Exponential_sigmas_fall_by_one_ratio_between_the_ends_of_training()
    {
        var settings = new SamplerSettings { Sampler = "dpmpp_2m", Steps = 5, NoiseSchedule = "exponential" };
        var sigmas = SigmaSchedule.DpmSolver(Training, settings).Sigmas;
        Assert.Equal(Training.Sigmas[^1], sigmas[0], 1e-5f);
        Assert.Equal(Training.Sigmas[0], sigmas[4], 1e-7f);
        for (var i = 1; i < 4; i++) Assert.Equal(sigmas[i - 1] / sigmas[i], sigmas[i] / sigmas[i + 1], 1e-4f);
    }

    [Fact]
    public void A_timestep_survives_the_way_to_sigma_and_back() => Gen.Double[0, 999].Sample(timestep =>
    {
        // The two directions interpolate differently (σ and ln σ), so only whole timesteps come back exactly; the gap is widest at the low end.
        var back = SigmaSchedule.TimestepAt(Training, SigmaSchedule.SigmaAt(Training, timestep));
        Assert.Equal(timestep, back, timestep < 10 ? 0.1 : 0.01);
    });

    [Theory]
    [InlineData(61)]
    [InlineData(103)]
    [InlineData(121)]
    public void Trailing_spacing_gives_no_timestep_below_zero_where_numpy_would(int steps)
    {
        var settings = new SamplerSettings { Sampler = "euler", Steps = steps, TimestepSpacing = "trailing" };
        var points = TimestepSpacing.Points(Training, settings);
        Assert.Equal(steps, points.Length);
        Assert.Equal(999, points[0]);
        Assert.True(points[^1] >= 0);
    }

    [Fact]
    public void More_steps_than_a_spacing_holds_are_refused()
    {
        var settings = new SamplerSettings { Sampler = "euler", Steps = 1000, TimestepSpacing = "leading" };
        var error = Assert.Throws<ArgumentException>(() => TimestepSpacing.Points(Training, settings));
        Assert.Equal(
            "Sampler 'euler' with 'leading' spacing cannot take 1000 steps over 1000 training timesteps (steps_offset 1); take fewer. (Parameter 'settings')",
            error.Message);
    }
}
