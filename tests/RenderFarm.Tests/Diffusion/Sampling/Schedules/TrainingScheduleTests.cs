using RenderFarm.Diffusion.Sampling;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling.Schedules;

public sealed class TrainingScheduleTests
{
    [Fact]
    public void Stable_Diffusions_sigmas_run_from_a_thirtieth_to_fifteen()
    {
        var schedule = new TrainingSchedule(new TrainingScheduleOptions());
        Assert.Equal(1000, schedule.Sigmas.Length);
        Assert.Equal(0.0291675329f, schedule.Sigmas[0], 1e-8f);
        Assert.Equal(14.614645f, schedule.Sigmas[^1], 1e-5f);
        Assert.Equal(schedule.Sigmas.Order(), schedule.Sigmas);
    }

    [Fact]
    public void Linear_betas_end_where_the_options_say()
    {
        var schedule = new TrainingSchedule(new TrainingScheduleOptions { BetaSchedule = "linear", BetaStart = 0.0001, BetaEnd = 0.02 });
        Assert.Equal((0.0001f, 0.02f), (schedule.Betas[0], schedule.Betas[^1]));
        Assert.Equal(0.01005f, (schedule.Betas[499] + schedule.Betas[500]) / 2, 1e-8f);
    }

    [Fact]
    public void Cosine_betas_are_capped()
    {
        var schedule = new TrainingSchedule(new TrainingScheduleOptions { BetaSchedule = "squaredcos_cap_v2" });
        Assert.Equal(0.999f, schedule.Betas[^1]);
        Assert.Equal(4.1282e-05f, schedule.Betas[0], 1e-8f);
    }

    [Fact]
    public void Explicit_betas_are_taken_as_they_are()
    {
        var schedule = new TrainingSchedule(new TrainingScheduleOptions { TrainTimesteps = 3, TrainedBetas = [0.1, 0.2, 0.5] });
        Assert.Equal([0.1f, 0.2f, 0.5f], schedule.Betas);
        Assert.Equal(0.9f * 0.8f * 0.5f, schedule.AlphasCumprod[2], 1e-7f);
    }

    [Fact]
    public void Zero_terminal_snr_leaves_no_signal_at_the_end_and_keeps_the_beginning()
    {
        var usual = new TrainingSchedule(new TrainingScheduleOptions());
        var rescaled = new TrainingSchedule(new TrainingScheduleOptions { RescaleZeroTerminalSnr = true });
        Assert.Equal(0f, rescaled.AlphasCumprod[^1]);
        Assert.Equal(usual.AlphasCumprod[0], rescaled.AlphasCumprod[0], 1e-6f);
        Assert.Equal(4096f, rescaled.Sigmas[^1], 1f);
    }

    [Fact]
    public void The_clean_end_is_one_or_the_first_alpha()
    {
        var one = new TrainingSchedule(new TrainingScheduleOptions { SetAlphaToOne = true });
        var first = new TrainingSchedule(new TrainingScheduleOptions { SetAlphaToOne = false });
        Assert.Equal(1f, one.AlphaCumprodAt(-1));
        Assert.Equal(first.AlphasCumprod[0], first.AlphaCumprodAt(-50));
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "sigmoid", "BetaSchedule is 'sigmoid'; known are scaled_linear, linear and squaredcos_cap_v2. (Parameter 'options')" },
        { "betas", "TrainedBetas is 2 values; it must be 1000 values. (Parameter 'option')" },
        { "range", "BetaEnd is 1.5; it must be between 0 and 1. (Parameter 'option')" },
        { "steps", "TrainTimesteps is 1; it must be at least 2. (Parameter 'option')" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_impossible_option_is_refused_by_name(string kind, string message)
    {
        var options = kind switch
        {
            "sigmoid" => new TrainingScheduleOptions { BetaSchedule = "sigmoid" },
            "betas" => new TrainingScheduleOptions { TrainedBetas = [0.1, 0.2] },
            "range" => new TrainingScheduleOptions { BetaEnd = 1.5 },
            _ => new TrainingScheduleOptions { TrainTimesteps = 1 },
        };
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => new TrainingSchedule(options)).Message);
    }
}
