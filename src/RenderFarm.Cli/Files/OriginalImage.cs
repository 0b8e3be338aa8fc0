using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Files;

/// <summary>An image file and what is written in it.</summary>
/// <param name="Path">As given.</param>
/// <param name="Content">The file.</param>
/// <param name="Format">One of <see cref="ImageFormats.All"/>, by its first bytes.</param>
/// <param name="Recipe">What it was rendered from.</param>
/// <param name="Profile">The execution profile it was rendered on; null when it does not say.</param>
internal sealed record OriginalImage(string Path, byte[] Content, string Format, Recipe Recipe, string? Profile)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="CommandException">It cannot be read, is no image, or holds no recipe that this version knows.</exception>
    public static OriginalImage Read(string path, IPictures pictures)
    {
        try
        {
            var content = File.ReadAllBytes(path);
            var texts = pictures.ReadTexts(content);
            return texts.Recipe is { } recipe
                ? new OriginalImage(path, content, FormatOf(content), Recipe.FromJson(recipe), texts.Profile)
                : throw new CommandException(
                    ExitCodes.WrongUse, $"IMAGE '{path}' holds no recipe.", "Only files as RenderFarm wrote them can be reproduced; editors often drop the texts.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CommandException(ExitCodes.WrongUse, $"IMAGE '{path}' cannot be used: {error.Message.TrimEnd('.')}.", null, error);
        }
    }

    /// <summary>The request that gives this image again, with every setting written out.</summary>
    public SubmitJob ToRequest(int? quality) => new()
    {
        Model = Recipe.Checkpoint,
        Prompt = Recipe.Prompt,
        NegativePrompt = Recipe.NegativePrompt,
        PromptSyntax = Recipe.PromptSyntax,
        ClipSkip = Recipe.ClipSkip ?? 1,
        Images = 1,
        Seed = Recipe.Seed,
        VariationSeed = Recipe.VariationStrength > 0 ? Recipe.VariationSeed : null,
        VariationStrength = Recipe.VariationStrength,
        Width = Recipe.Width,
        Height = Recipe.Height,
        Steps = Recipe.Steps,
        Sampler = Recipe.Sampler,
        NoiseSchedule = Recipe.NoiseSchedule,
        TimestepSpacing = Recipe.TimestepSpacing,
        Eta = Recipe.Sampler == Samplers.Ddim ? Recipe.Eta : null,
        GuidanceScale = Recipe.GuidanceScale,
        GuidanceRescale = Recipe.GuidanceRescale,
        GuidanceStart = Recipe.GuidanceStart,
        GuidanceEnd = Recipe.GuidanceEnd ?? 1,
        InitImage = Recipe.InitImage,
        Strength = Recipe.InitImage is null || Recipe.UpscaleNoiseLevel is not null ? null : Recipe.Strength ?? PictureDefaults.Strength,
        Mask = Recipe.Mask,
        MaskBlur = IsPaintedInPart ? Recipe.MaskBlur ?? PictureDefaults.MaskBlur : null,
        InpaintArea = Recipe.Mask is null ? null : Recipe.InpaintArea ?? InpaintAreas.Whole,
        InpaintPadding = Recipe.InpaintArea == InpaintAreas.Masked ? Recipe.InpaintPadding ?? PictureDefaults.InpaintPadding : null,
        InpaintFill = IsPaintedInPart ? Recipe.InpaintFill ?? InpaintFills.Original : null,
        Outpaint = Recipe.Outpaint,
        UpscaleNoiseLevel = Recipe.UpscaleNoiseLevel,
        Hires = Recipe.Hires is not { } pass ? null : new HiresSettings { Scale = pass.Scale, Upscaler = pass.Upscaler, Steps = pass.Steps, Strength = pass.Strength },
        NoiseSource = Recipe.NoiseSource,
        Determinism = Recipe.Determinism,
        Format = Format,
        Quality = Format == ImageFormats.Png ? null : quality,
    };

    private bool IsPaintedInPart => Recipe.Mask is not null || Recipe.Outpaint is not null;

    private static string FormatOf(byte[] content) => content switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => ImageFormats.Png,
        [0xFF, 0xD8, ..] => ImageFormats.Jpeg,
        _ => ImageFormats.WebP,
    };
}
