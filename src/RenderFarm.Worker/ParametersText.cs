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

        if (Denoising(recipe) is { } strength) text.Append(", Denoising strength: ").Append(CanonicalJson.Number(strength));
        if (recipe.ClipSkip is { } clipSkip) text.Append(", Clip skip: ").Append(CanonicalJson.Number(clipSkip));
        if (recipe.PromptSyntax == PromptSyntaxes.Plain) text.Append(", Emphasis: None");
        if (recipe.Eta != 0) text.Append(", Eta: ").Append(CanonicalJson.Number(recipe.Eta));
        text.Append(", RNG: ").Append(recipe.NoiseSource == NoiseSources.TorchCuda ? "NV" : "CPU");
        AppendPainting(text, recipe);
        if (recipe.Hires is { } hires) AppendHires(text, hires, recipe.Steps);
        return text.ToString();
    }

    // A1111 has one strength for a picture to begin from and for a second pass; no image of ours has both.
    private static double? Denoising(Recipe recipe) =>
        recipe.InitImage is null ? recipe.Hires?.Strength
        // An upscaling checkpoint begins from noise alone, and sees the picture beside it.
        : recipe.UpscaleNoiseLevel is not null ? null : recipe.Strength ?? PictureDefaults.Strength;

    private static void AppendPainting(StringBuilder text, Recipe recipe)
    {
        if (recipe.Mask is null && recipe.Outpaint is null) return;
        if ((recipe.MaskBlur ?? PictureDefaults.MaskBlur) is > 0 and var blur) text.Append(", Mask blur: ").Append(CanonicalJson.Number(blur));
        if (recipe.InpaintArea == InpaintAreas.Masked)
        {
            text.Append(", Inpaint area: Only masked, Masked area padding: ");
            text.Append(CanonicalJson.Number(recipe.InpaintPadding ?? PictureDefaults.InpaintPadding));
        }

        if (recipe.InpaintFill is { } fill) text.Append(", Masked content: ").Append(fill == InpaintFills.Fill ? fill : "latent " + fill);
    }

    private static void AppendHires(StringBuilder text, HiresPass hires, int steps)
    {
        text.Append(", Hires upscale: ").Append(CanonicalJson.Number(hires.Scale));
        // A1111 leaves the steps out where they are those of the first pass.
        if (hires.Steps != steps) text.Append(", Hires steps: ").Append(CanonicalJson.Number(hires.Steps));
        text.Append(", Hires upscaler: ").Append(hires.Upscaler switch
        {
            HiresUpscalers.Latent => "Latent",
            HiresUpscalers.Lanczos => "Lanczos",
            // By hash, as the checkpoint is.
            _ => ShortHash(hires.Upscaler),
        });
    }

    private static string ShortHash(string digest) => digest.Split(':')[^1][..10];

    private static string ScheduleLabel(string schedule) => schedule switch
    {
        NoiseSchedules.Karras => "Karras",
        NoiseSchedules.Exponential => "Exponential",
        _ => "Uniform",
    };
}
