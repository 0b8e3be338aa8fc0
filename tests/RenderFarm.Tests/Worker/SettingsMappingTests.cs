using RenderFarm.Contracts;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Text;
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
            Recipe with { NoiseSource = NoiseSources.TorchCuda },
        ];
        Assert.Equal(changed.Length + 1, changed.Append(Recipe).Select(SettingsMapping.ToRequest).Distinct().Count());
        // The rest is not the engine's: which checkpoint, which devices may take it, which version of the shape.
        string[] others = [nameof(Recipe.Schema), nameof(Recipe.Checkpoint), nameof(Recipe.Determinism)];
        Assert.Equal(typeof(Recipe).GetProperties().Length - others.Length, changed.Length);
    }

    [Fact]
    public void Members_at_their_defaults_are_the_engine_s_defaults()
    {
        var (request, defaults) = (SettingsMapping.ToRequest(Recipe), new GenerationRequest { Prompt = "a" });
        Assert.Equal(
            (defaults.PromptSyntax, defaults.ClipSkip, defaults.GuidanceEnd, defaults.VariationStrength),
            (request.PromptSyntax, request.ClipSkip, request.GuidanceEnd, request.VariationStrength));
    }

    [Fact]
    public void Wire_and_engine_know_the_same_prompt_syntaxes() => Assert.Equal(PromptSyntaxes.All, PromptSyntax.Names);
}
