using RenderFarm.Contracts;
using RenderFarm.Diffusion.Sampling;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling;

public sealed class SamplerCatalogTests
{
    private static readonly TrainingScheduleOptions Usual = new() { StepsOffset = 1 };
    private static readonly SamplerSettings Euler = new() { Sampler = "euler", Steps = 20 };

    [Fact]
    public void Every_sampler_of_a_recipe_can_be_made()
    {
        Assert.All(Samplers.All, name => Assert.Equal(name, Create(Usual, Euler with { Sampler = name }).Name));
    }

    [Fact]
    public void Every_sampler_takes_the_evaluations_that_the_contract_counts()
    {
        foreach (var name in Samplers.All)
        {
            foreach (var steps in (int[])[Samplers.StepRange(name).Min, 5, 20])
            {
                Assert.Equal(Samplers.Evaluations(name, steps), Create(Usual, Euler with { Sampler = name, Steps = steps }).Timesteps.Count);
            }
        }
    }

    [Fact]
    public void Karras_is_allowed_where_the_contract_allows_it()
    {
        foreach (var name in Samplers.All)
        {
            var settings = Euler with { Sampler = name, NoiseSchedule = "karras" };
            if (Samplers.AllowsNoiseSchedules(name)) Assert.NotNull(Create(Usual, settings));
            else Assert.Contains($"Sampler '{name}' has no 'karras' noise schedule", Refusal(Usual, settings), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Unknown_sampler_is_answered_with_the_known_ones()
    {
        var message = Refusal(Usual, Euler with { Sampler = "magic" });
        Assert.Equal($"Unknown sampler 'magic'; known are {string.Join(", ", SamplerCatalog.Names)}. (Parameter 'settings')", message);
    }

    [Fact]
    public void Eta_goes_with_ddim_alone()
    {
        Assert.NotNull(Create(Usual, Euler with { Sampler = "ddim", Eta = 0.5 }));
        Assert.Equal(
            "Sampler 'euler' takes no eta, but eta is 0.5. Eta goes with ddim. (Parameter 'settings')", Refusal(Usual, Euler with { Eta = 0.5 }));
        Assert.StartsWith("Eta is 1.5; it must be within 0 and 1.", Refusal(Usual, Euler with { Sampler = "ddim", Eta = 1.5 }), StringComparison.Ordinal);
        Assert.StartsWith("Eta is NaN;", Refusal(Usual, Euler with { Sampler = "ddim", Eta = double.NaN }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public void A_step_count_outside_the_training_schedule_is_refused(int steps) =>
        Assert.StartsWith(
            $"Steps is {steps}; it must be within 1 and the 1000 training timesteps.", Refusal(Usual, Euler with { Steps = steps }), StringComparison.Ordinal);

    [Theory]
    [InlineData("dpmpp_2m", "karras")]
    [InlineData("euler", "uniform")]
    public void Unknown_names_are_refused_even_where_they_would_not_matter(string sampler, string noiseSchedule)
    {
        var settings = Euler with { Sampler = sampler, NoiseSchedule = noiseSchedule };
        Assert.StartsWith(
            "Unknown timestep spacing 'cosy'; known are leading, trailing, linspace.",
            Refusal(Usual, settings with { TimestepSpacing = "cosy" }),
            StringComparison.Ordinal);
        Assert.StartsWith("Unknown noise schedule 'loud'; known are uniform, karras, exponential.", Refusal(Usual, settings with { NoiseSchedule = "loud" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ddim", PredictionType.Epsilon, "no clean latent")]
    [InlineData("ddpm", PredictionType.Epsilon, "no clean latent")]
    [InlineData("lcm", PredictionType.Epsilon, "no clean latent")]
    [InlineData("pndm", PredictionType.Velocity, "divides by it")]
    [InlineData("plms", PredictionType.Epsilon, "divides by it")]
    [InlineData("plms", PredictionType.Velocity, "divides by it")]
    public void What_a_zero_terminal_snr_checkpoint_cannot_do_is_refused_by_name(string sampler, PredictionType prediction, string reason)
    {
        var options = Usual with { RescaleZeroTerminalSnr = true, Prediction = prediction };
        var message = Refusal(options, Euler with { Sampler = sampler, TimestepSpacing = "trailing" });
        Assert.Contains($"Sampler '{sampler}' with 'trailing' spacing", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plms_refuses_a_checkpoint_that_predicts_the_sample() =>
        Assert.StartsWith(
            "Sampler 'plms' cannot run a checkpoint that predicts the clean sample; take ddim.",
            Refusal(Usual with { Prediction = PredictionType.Sample }, Euler with { Sampler = "plms" }),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("lcm", 51, "Sampler 'lcm' cannot take 51 steps over 1000 training timesteps; its steps are 1 to 50, those it was distilled with.")]
    [InlineData("pndm", 3, "Sampler 'pndm' cannot take 3 steps: its start alone goes over 4 timesteps.")]
    [InlineData("dpmpp_2m", 1000, "Sampler 'dpmpp_2m' with 'leading' spacing cannot take 1000 steps over 1000 training timesteps (steps_offset 1); take fewer.")]
    public void A_step_count_that_a_sampler_cannot_take_is_refused(string sampler, int steps, string message) =>
        Assert.StartsWith(message, Refusal(Usual, Euler with { Sampler = sampler, Steps = steps }), StringComparison.Ordinal);

    [Fact]
    public void Settings_without_finite_weights_are_refused_by_name()
    {
        // 1001 points on 1000 timesteps: two are the same, and a multistep method divides by their distance.
        var message = Refusal(Usual, Euler with { Sampler = "dpmpp_2m", Steps = 1000, TimestepSpacing = "linspace" });
        Assert.StartsWith("Sampler 'dpmpp_2m' with 'uniform' noise schedule, 'linspace' spacing and 1000 steps has no finite weights at turn", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pndm_begins_at_its_first_turn_only()
    {
        var pndm = Create(Usual, Euler with { Sampler = "pndm" });
        var error = Assert.Throws<ArgumentException>(() => pndm.Start(new float[4], new RecordedNoise([]), 4));
        Assert.StartsWith("A run of sampler 'pndm' cannot begin at turn 4; it can at turn 0.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Heun_refuses_to_begin_in_the_middle_of_a_step()
    {
        var heun = Create(Usual, Euler with { Sampler = "heun" });
        var error = Assert.Throws<ArgumentException>(() => heun.Start(new float[4], new RecordedNoise([]), 3));
        Assert.StartsWith("A run of sampler 'heun' cannot begin at turn 3; it can at multiples of 2.", error.Message, StringComparison.Ordinal);
    }

    private static Sampler Create(TrainingScheduleOptions options, SamplerSettings settings) =>
        SamplerCatalog.Create(new TrainingSchedule(options), settings);

    private static string Refusal(TrainingScheduleOptions options, SamplerSettings settings) =>
        Assert.Throws<ArgumentException>(() => Create(options, settings)).Message;
}
