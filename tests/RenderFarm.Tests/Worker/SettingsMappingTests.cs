using RenderFarm.Contracts;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;
using RenderFarm.Imaging;
using RenderFarm.Tests.Imaging;
using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class SettingsMappingTests
{
    private static readonly Recipe Recipe = WorkerBench.Command("a red circle").Recipe;

    /// <summary>A member that was forgotten would give an image of another recipe than the one written into it.</summary>
    [Fact]
    public void Every_member_that_the_engine_has_a_word_for_reaches_it()
    {
        Recipe[] changed =
        [
            Recipe with { Prompt = "b" },
            Recipe with { NegativePrompt = "b" },
            Recipe with { PromptSyntax = PromptSyntaxes.Plain },
            Recipe with { ClipSkip = 2 },
            Recipe with { Seed = 7 },
            Recipe with { VariationSeed = 7 },
            Recipe with { VariationStrength = 0.5 },
            Recipe with { Width = 128 },
            Recipe with { Height = 128 },
            Recipe with { Steps = 7 },
            Recipe with { Sampler = Samplers.Plms },
            Recipe with { NoiseSchedule = NoiseSchedules.Karras },
            Recipe with { TimestepSpacing = TimestepSpacings.Trailing },
            Recipe with { Eta = 0.5 },
            Recipe with { GuidanceScale = 7 },
            Recipe with { GuidanceRescale = 0.5 },
            Recipe with { GuidanceStart = 0.5 },
            Recipe with { GuidanceEnd = 0.5 },
            Recipe with { InitImage = "sha256:1" },
            Recipe with { Strength = 0.5 },
            Recipe with { Mask = "sha256:2" },
            Recipe with { MaskBlur = 0 },
            Recipe with { InpaintArea = InpaintAreas.Masked },
            Recipe with { InpaintPadding = 0 },
            Recipe with { InpaintFill = InpaintFills.Noise },
            Recipe with { Outpaint = new() { Left = 8 } },
            Recipe with { UpscaleNoiseLevel = 30 },
            Recipe with { Hires = new() { Scale = 2, Upscaler = HiresUpscalers.Lanczos, Steps = 3, Strength = 0.5 } },
            Recipe with { NoiseSource = NoiseSources.TorchCuda },
        ];
        Assert.Equal(changed.Length + 1, changed.Append(Recipe).Select(ToRequest).Distinct().Count());
        // The rest is not the engine's: which checkpoint, which devices may take it, which version of the shape.
        string[] others = [nameof(Recipe.Schema), nameof(Recipe.Checkpoint), nameof(Recipe.Determinism)];
        Assert.Equal(typeof(Recipe).GetProperties().Length - others.Length, changed.Length);
    }

    [Fact]
    public void Members_at_their_defaults_are_the_engine_s_defaults()
    {
        var (request, defaults) = (ToRequest(Recipe), new GenerationRequest { Prompt = "a" });
        Assert.Equal(
            (defaults.PromptSyntax, defaults.ClipSkip, defaults.GuidanceEnd, defaults.VariationStrength),
            (request.PromptSyntax, request.ClipSkip, request.GuidanceEnd, request.VariationStrength));
        Assert.Equal(
            (defaults.Strength, defaults.MaskBlur, defaults.InpaintArea, defaults.InpaintPadding, defaults.InpaintFill, defaults.Outpaint, defaults.HiresScale, defaults.HiresStrength),
            (request.Strength, request.MaskBlur, request.InpaintArea, request.InpaintPadding, request.InpaintFill, request.Outpaint, request.HiresScale, request.HiresStrength));
    }

    [Fact]
    public void Wire_and_engine_know_the_same_words()
    {
        Assert.Equal(PromptSyntaxes.All, PromptSyntax.Names);
        Assert.Equal(InpaintAreas.All, PictureNames.Areas);
        Assert.Equal(InpaintFills.All, PictureNames.Fills);
        Assert.Equal(HiresUpscalers.All, PictureNames.Upscalers);
    }

    [Fact]
    public void Wire_and_engine_agree_on_the_samplers_that_can_run_their_last_steps_alone()
    {
        foreach (var name in Samplers.All)
        {
            var sampler = SamplerCatalog.Create(new TrainingSchedule(new TrainingScheduleOptions()), new SamplerSettings { Sampler = name, Steps = 20 });
            var started = Record.Exception(() => sampler.Start(new float[4], NoiseStreams.Create(NoiseSources.TorchCpu, 1), sampler.FirstTurn(0.5)));
            Assert.Equal((name, Samplers.CanBeginLate(name)), (name, started is null));
        }
    }

    [Fact]
    public void Second_pass_reaches_the_engine_whole()
    {
        var request = ToRequest(Recipe with { Hires = new() { Scale = 2, Upscaler = HiresUpscalers.Lanczos, Steps = 3, Strength = 0.5 } });
        Assert.Equal((2, "lanczos", 3, 0.5), (request.HiresScale, request.HiresUpscaler, request.HiresSteps, request.HiresStrength));
    }

    [Fact]
    public void Upscaler_reaches_the_engine_by_its_digest()
    {
        var digest = "sha256:" + new string('7', 64);
        Assert.Equal(digest, ToRequest(Recipe with { Hires = new() { Scale = 2, Upscaler = digest, Steps = 3, Strength = 0.5 } }).HiresUpscaler);
    }

    [Fact]
    public void Pictures_are_scaled_to_the_place_they_take()
    {
        var pictures = new RecipePictures(Pictures.Noisy(100, 50), Pictures.Noisy(100, 50));
        var recipe = Recipe with { InitImage = "sha256:1", Mask = "sha256:2" };
        var whole = SettingsMapping.ToRequest(recipe, pictures);
        Assert.Equal((64, 64, 64, 64), (whole.InitialImage!.Width, whole.InitialImage.Height, whole.Mask!.Width, whole.Mask.Height));
        var grown = SettingsMapping.ToRequest(recipe with { Outpaint = new() { Left = 16, Right = 8, Bottom = 24 } }, pictures);
        Assert.Equal((40, 40), (grown.InitialImage!.Width, grown.InitialImage.Height));
        Assert.Equal(new RenderFarm.Diffusion.OutpaintMargins(16, 0, 8, 24), grown.Outpaint);
        var enlarged = SettingsMapping.ToRequest(recipe with { Mask = null, UpscaleNoiseLevel = 30 }, new RecipePictures(pictures.InitImage, null), enlargesBy: 4);
        Assert.Equal((16, 16, 30), (enlarged.InitialImage!.Width, enlarged.InitialImage.Height, enlarged.UpscaleNoiseLevel));
        Assert.Equal(new GenerationRequest { Prompt = "" }.UpscaleNoiseLevel, whole.UpscaleNoiseLevel);
        Assert.Same(pictures.InitImage, SettingsMapping.ToRequest(recipe with { InpaintArea = InpaintAreas.Masked }, pictures).InitialImage);
    }

    private static GenerationRequest ToRequest(Recipe recipe) =>
        SettingsMapping.ToRequest(recipe, new RecipePictures(recipe.InitImage is null ? null : Picture, recipe.Mask is null ? null : Picture));

    private static readonly RgbImage Picture = Pictures.Noisy(64, 64);
}
