using RenderFarm.Contracts;
using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class ParametersTextTests
{
    private static readonly Recipe Recipe = WorkerBench.Command("a red circle").Recipe;

    [Fact]
    public void Text_is_what_A1111_writes_for_these_settings() => Assert.Equal(
        "a red circle\nSteps: 2, Sampler: DDIM, Schedule type: Uniform, CFG scale: 4, Seed: 42, Size: 64x64, Model hash: 0000000000, RNG: CPU",
        ParametersText.For(Recipe));

    [Fact]
    public void Negative_prompt_stands_on_its_own_line() =>
        Assert.Contains("a red circle\nNegative prompt: blur\nSteps: 2", ParametersText.For(Recipe with { NegativePrompt = "blur" }), StringComparison.Ordinal);

    [Fact]
    public void Karras_Philox_and_eta_are_told() => Assert.EndsWith(
        "Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 42, Size: 64x64, Model hash: 0000000000, Eta: 0.5, RNG: NV",
        ParametersText.For(Recipe with
        {
            Sampler = Samplers.DpmPlusPlus2M,
            NoiseSchedule = NoiseSchedules.Karras,
            GuidanceScale = 7.5,
            Eta = 0.5,
            NoiseSource = NoiseSources.TorchCuda,
        }),
        StringComparison.Ordinal);

    [Fact]
    public void Variation_clip_skip_and_plain_syntax_are_told_in_A1111_s_words() => Assert.EndsWith(
        "Model hash: 0000000000, Variation seed: 7, Variation seed strength: 0.3, Clip skip: 2, Emphasis: None, RNG: CPU",
        ParametersText.For(Recipe with { VariationSeed = 7, VariationStrength = 0.3, ClipSkip = 2, PromptSyntax = PromptSyntaxes.Plain }),
        StringComparison.Ordinal);

    [Fact]
    public void Painting_is_told_in_A1111_s_words()
    {
        var painted = Recipe with { InitImage = "sha256:1", Mask = "sha256:2", ClipSkip = 2 };
        Assert.EndsWith("Model hash: 0000000000, Denoising strength: 0.75, Clip skip: 2, RNG: CPU, Mask blur: 4", ParametersText.For(painted), StringComparison.Ordinal);
        Assert.EndsWith(
            "Denoising strength: 0.5, Clip skip: 2, RNG: CPU, Inpaint area: Only masked, Masked area padding: 32, Masked content: latent noise",
            ParametersText.For(painted with { Strength = 0.5, MaskBlur = 0, InpaintArea = InpaintAreas.Masked, InpaintFill = InpaintFills.Noise }),
            StringComparison.Ordinal);
        Assert.EndsWith(", Mask blur: 8, Masked content: fill", ParametersText.For(painted with { MaskBlur = 8, InpaintFill = InpaintFills.Fill }), StringComparison.Ordinal);
        Assert.EndsWith("Denoising strength: 1, RNG: CPU", ParametersText.For(Recipe with { InitImage = "sha256:1", Strength = 1 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Second_pass_is_told_in_A1111_s_words()
    {
        var hires = new HiresPass { Scale = 1.5, Upscaler = HiresUpscalers.Lanczos, Steps = 5, Strength = 0.6 };
        Assert.EndsWith(
            "Denoising strength: 0.6, RNG: CPU, Hires upscale: 1.5, Hires steps: 5, Hires upscaler: Lanczos",
            ParametersText.For(Recipe with { Hires = hires }), StringComparison.Ordinal);
        Assert.EndsWith(
            ", Hires upscale: 2, Hires upscaler: Latent",
            ParametersText.For(Recipe with { Hires = hires with { Scale = 2, Upscaler = HiresUpscalers.Latent, Steps = Recipe.Steps } }), StringComparison.Ordinal);
        Assert.EndsWith(
            ", Hires upscale: 2, Hires upscaler: 7777777777",
            ParametersText.For(Recipe with { Hires = hires with { Scale = 2, Upscaler = "sha256:" + new string('7', 64), Steps = Recipe.Steps } }), StringComparison.Ordinal);
        Assert.DoesNotContain("Denoising", ParametersText.For(Recipe with { InitImage = "sha256:1", UpscaleNoiseLevel = 20 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_sampler_has_a_label_that_other_tools_know()
    {
        foreach (var sampler in Samplers.All)
        {
            var text = ParametersText.For(Recipe with { Sampler = sampler });
            var label = text.Split("Sampler: ")[1].Split(',')[0];
            Assert.Equal(sampler, Samplers.Resolve(label)?.Sampler);
        }
    }
}
