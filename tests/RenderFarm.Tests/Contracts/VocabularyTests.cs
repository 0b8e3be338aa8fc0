using RenderFarm.Contracts;
using Xunit;

namespace RenderFarm.Tests.Contracts;

public sealed class VocabularyTests
{
    [Theory]
    [InlineData("dpmpp_2m", "dpmpp_2m", null)]
    [InlineData("DPM++ 2M", "dpmpp_2m", null)]
    [InlineData("DPM++ 2M Karras", "dpmpp_2m", "karras")]
    [InlineData("k_dpmpp_2m", "dpmpp_2m", null)]
    [InlineData("Euler a", "euler_a", null)]
    [InlineData("k_euler_a", "euler_a", null)]
    [InlineData("  EULER  ", "euler", null)]
    [InlineData("heun karras", "heun", "karras")]
    [InlineData("PNDM", "pndm", null)]
    [InlineData("DPM++ 2M SDE Exponential", "dpmpp_2m_sde", "exponential")]
    [InlineData("k_dpm_2_a", "dpm2_a", null)]
    [InlineData("k_dpmpp_2s_a", "dpmpp_2s_a", null)]
    [InlineData("DPM++ 2S a", "dpmpp_2s_a", null)]
    [InlineData("DPM++ 2S a Karras", "dpmpp_2s_a", "karras")]
    [InlineData("Euler a Karras", "euler_a", "karras")]
    [InlineData("DDIM", "ddim", null)]
    public void Sampler_is_found_by_the_names_other_tools_use(string name, string sampler, string? schedule) =>
        Assert.Equal((sampler, schedule), Samplers.Resolve(name));

    [Theory]
    [InlineData("")]
    [InlineData("karras")]
    [InlineData("dpm")]
    [InlineData("euler  a")]
    public void Unknown_sampler_is_nobody(string name) => Assert.Null(Samplers.Resolve(name));

    [Theory]
    [InlineData("k_dpm_fast", "dpmsolver_2, dpmpp_2m")]
    [InlineData("DPM fast", "dpmsolver_2, dpmpp_2m")]
    [InlineData("k_dpm_adaptive", "dpmpp_3m, dpmpp_2m")]
    [InlineData("DPM adaptive Karras", "dpmpp_3m, dpmpp_2m")]
    [InlineData("dpmsolver", "dpmpp_2m, dpmsolver_2")]
    [InlineData("DPM++ 3M SDE Karras", "dpmpp_2m_sde, dpmpp_3m")]
    [InlineData("magic", "")]
    public void Sampler_of_other_tools_that_is_absent_is_answered_with_what_is_near_it(string name, string near)
    {
        Assert.Null(Samplers.Resolve(name));
        Assert.Equal(near, string.Join(", ", Samplers.NearTo(name)));
        Assert.All(Samplers.NearTo(name), sampler => Assert.Contains(sampler, Samplers.All));
    }

    [Fact]
    public void Every_sampler_is_found_by_its_own_name() =>
        Assert.All(Samplers.All, sampler => Assert.Equal((sampler, null), Samplers.Resolve(sampler)));

    [Theory]
    [InlineData("plms", 1, 1)]
    [InlineData("plms", 25, 26)]
    [InlineData("heun", 25, 49)]
    [InlineData("heun", 1, 1)]
    [InlineData("euler", 25, 25)]
    [InlineData("ddim", 1000, 1000)]
    public void UNet_evaluations_follow_the_sampler(string sampler, int steps, int evaluations) =>
        Assert.Equal(evaluations, Samplers.Evaluations(sampler, steps));

    [Fact]
    public void Other_noise_schedules_are_for_samplers_that_do_not_step_through_training_timesteps() =>
        Assert.Equal([Samplers.Plms, Samplers.Ddim, "ddpm", "lcm", "pndm"], Samplers.All.Where(sampler => !Samplers.AllowsNoiseSchedules(sampler)));

    [Theory]
    [InlineData("png", "png", "image/png")]
    [InlineData("jpeg", "jpg", "image/jpeg")]
    [InlineData("webp", "webp", "image/webp")]
    public void Format_has_an_extension_and_a_media_type(string format, string extension, string contentType)
    {
        Assert.Equal(extension, ImageFormats.Extension(format));
        Assert.Equal(contentType, ImageFormats.ContentType(format));
    }
}
