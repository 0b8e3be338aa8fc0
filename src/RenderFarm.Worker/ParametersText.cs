using System.Text;
using RenderFarm.Contracts;

namespace RenderFarm.Worker;

/// <summary>
/// The <c>parameters</c> text that A1111 writes and every image tool reads. A function of the recipe alone, so it names the checkpoint by hash only:
/// a name can change while the image does not.
/// </summary>
internal static class ParametersText
{
    public static string For(Recipe recipe)
    {
        var text = new StringBuilder(recipe.Prompt);
        if (recipe.NegativePrompt.Length > 0) text.Append("\nNegative prompt: ").Append(recipe.NegativePrompt);
        text.Append("\nSteps: ").Append(CanonicalJson.Number(recipe.Steps));
        text.Append(", Sampler: ").Append(Samplers.Label(recipe.Sampler));
        text.Append(", Schedule type: ").Append(ScheduleLabel(recipe.NoiseSchedule));
        text.Append(", CFG scale: ").Append(CanonicalJson.Number(recipe.GuidanceScale));
        text.Append(", Seed: ").Append(CanonicalJson.Number(recipe.Seed));
        text.Append(", Size: ").Append(CanonicalJson.Number(recipe.Width)).Append('x').Append(CanonicalJson.Number(recipe.Height));
        text.Append(", Model hash: ").Append(ShortHash(recipe.Checkpoint));
        if (recipe.VariationStrength > 0)
        {
            text.Append(", Variation seed: ").Append(CanonicalJson.Number(recipe.VariationSeed));
            text.Append(", Variation seed strength: ").Append(CanonicalJson.Number(recipe.VariationStrength));
        }

        if (recipe.ClipSkip is { } clipSkip) text.Append(", Clip skip: ").Append(CanonicalJson.Number(clipSkip));
        if (recipe.PromptSyntax == PromptSyntaxes.Plain) text.Append(", Emphasis: None");
        if (recipe.Eta != 0) text.Append(", Eta: ").Append(CanonicalJson.Number(recipe.Eta));
        text.Append(", RNG: ").Append(recipe.NoiseSource == NoiseSources.TorchCuda ? "NV" : "CPU");
        return text.ToString();
    }

    private static string ShortHash(string digest) => digest.Split(':')[^1][..10];

    private static string ScheduleLabel(string schedule) => schedule switch
    {
        NoiseSchedules.Karras => "Karras",
        NoiseSchedules.Exponential => "Exponential",
        _ => "Uniform",
    };
}
