using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Checkpoints;

public sealed class CheckpointDefaultsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("PNDMScheduler", "plms")]
    [InlineData("DDIMScheduler", "ddim")]
    [InlineData("DDPMScheduler", "ddpm")]
    [InlineData("LCMScheduler", "lcm")]
    [InlineData("EulerDiscreteScheduler", "euler")]
    [InlineData("EulerAncestralDiscreteScheduler", "euler_a")]
    [InlineData("HeunDiscreteScheduler", "heun")]
    [InlineData("KDPM2DiscreteScheduler", "dpm2")]
    [InlineData("KDPM2AncestralDiscreteScheduler", "dpm2_a")]
    [InlineData("DPMSolverSDEScheduler", "dpmpp_sde")]
    [InlineData("DPMSolverSinglestepScheduler", "dpmpp_2s")]
    [InlineData("LMSDiscreteScheduler", "lms")]
    [InlineData("UniPCMultistepScheduler", "unipc")]
    [InlineData("DEISMultistepScheduler", "deis")]
    [InlineData("DPMSolverMultistepScheduler", "dpmpp_2m")]
    [InlineData("SomethingNewScheduler", "dpmpp_2m")]
    public void Sampler_is_the_one_that_does_what_the_scheduler_does(string scheduler, string sampler)
    {
        Assert.Equal((sampler, "uniform"), Read($$"""{ "_class_name": "{{scheduler}}" }"""));
        Assert.Contains(sampler, SamplerCatalog.Names);
    }

    [Theory]
    [InlineData("sde-dpmsolver++", 2, "dpmpp_2m_sde")]
    [InlineData("dpmsolver", 2, "dpmsolver_2")]
    [InlineData("dpmsolver++", 3, "dpmpp_3m")]
    [InlineData("dpmsolver++", 2, "dpmpp_2m")]
    public void Multistep_solver_is_told_by_its_algorithm_and_order(string algorithm, int order, string sampler) => Assert.Equal(
        (sampler, "uniform"), Read($$"""{ "_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "{{algorithm}}", "solver_order": {{order}} }"""));

    [Theory]
    [InlineData("LMSDiscreteScheduler", "use_karras_sigmas", "karras")]
    [InlineData("UniPCMultistepScheduler", "use_karras_sigmas", "karras")]
    [InlineData("EulerAncestralDiscreteScheduler", "use_karras_sigmas", "karras")]
    [InlineData("DPMSolverMultistepScheduler", "use_exponential_sigmas", "exponential")]
    [InlineData("DDIMScheduler", "use_karras_sigmas", "uniform")]
    public void Sigmas_of_another_schedule_are_taken_by_every_sampler_that_has_them(string scheduler, string member, string schedule) =>
        Assert.Equal(schedule, Read($$"""{ "_class_name": "{{scheduler}}", "{{member}}": true }""").Schedule);

    private (string Sampler, string Schedule) Read(string scheduler)
    {
        var file = Path.Combine(_folder.Path, "scheduler_config.json");
        File.WriteAllText(file, scheduler);
        var defaults = CheckpointDefaults.Read(_folder.Path, JsonFile.Read(file), null, vaeFactor: 8);
        return (defaults.Sampler, defaults.NoiseSchedule);
    }
}
