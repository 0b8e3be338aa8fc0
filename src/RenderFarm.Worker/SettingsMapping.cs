using RenderFarm.Contracts;
using RenderFarm.Diffusion;
using RenderFarm.Imaging;

namespace RenderFarm.Worker;

/// <summary>The only file that knows both the wire's words and the engine's.</summary>
internal static class SettingsMapping
{
    /// <summary>A recipe in the engine's words.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="pictures">The pictures it names, of any size.</param>
    /// <param name="enlargesBy">How many times larger than its picture the image is, as the checkpoint's pipeline says.</param>
    public static GenerationRequest ToRequest(Recipe recipe, RecipePictures pictures, int enlargesBy = 1) => WithPictures(recipe, pictures, enlargesBy) with
    {
        Prompt = recipe.Prompt,
        NegativePrompt = recipe.NegativePrompt,
        PromptSyntax = recipe.PromptSyntax,
        ClipSkip = recipe.ClipSkip ?? 1,
        Seed = recipe.Seed,
        VariationSeed = recipe.VariationSeed,
        VariationStrength = recipe.VariationStrength,
        Width = recipe.Width,
        Height = recipe.Height,
        Steps = recipe.Steps,
        Sampler = recipe.Sampler,
        NoiseSchedule = recipe.NoiseSchedule,
        TimestepSpacing = recipe.TimestepSpacing,
        Eta = recipe.Eta,
        GuidanceScale = recipe.GuidanceScale,
        GuidanceRescale = recipe.GuidanceRescale,
        GuidanceStart = recipe.GuidanceStart,
        GuidanceEnd = recipe.GuidanceEnd ?? 1,
        HiresScale = recipe.Hires?.Scale ?? 1,
        HiresUpscaler = recipe.Hires?.Upscaler ?? HiresUpscalers.Latent,
        HiresSteps = recipe.Hires?.Steps,
        HiresStrength = recipe.Hires?.Strength ?? PictureDefaults.HiresStrength,
        NoiseSource = recipe.NoiseSource,
    };

    private static GenerationRequest WithPictures(Recipe recipe, RecipePictures pictures, int enlargesBy) => new()
    {
        Prompt = recipe.Prompt,
        InitialImage = Fit(pictures.InitImage, recipe, enlargesBy),
        Strength = recipe.Strength ?? PictureDefaults.Strength,
        Mask = Fit(pictures.Mask, recipe, enlargesBy),
        MaskBlur = recipe.MaskBlur ?? PictureDefaults.MaskBlur,
        InpaintArea = recipe.InpaintArea ?? InpaintAreas.Whole,
        InpaintPadding = recipe.InpaintPadding ?? PictureDefaults.InpaintPadding,
        InpaintFill = recipe.InpaintFill ?? InpaintFills.Original,
        Outpaint = recipe.Outpaint is { } margins ? new Diffusion.OutpaintMargins(margins.Left, margins.Top, margins.Right, margins.Bottom) : null,
        UpscaleNoiseLevel = recipe.UpscaleNoiseLevel ?? PictureDefaults.UpscaleNoiseLevel,
    };

    // Of a picture that is repainted in its masked box alone, the engine itself takes what it works on and puts it back at the picture's own size.
    private static RgbImage? Fit(RgbImage? picture, Recipe recipe, int enlargesBy)
    {
        if (picture is null || recipe.InpaintArea == InpaintAreas.Masked) return picture;
        var margins = recipe.Outpaint ?? new Contracts.OutpaintMargins();
        return LanczosResampling.Resize(
            picture, (recipe.Width - margins.Left - margins.Right) / enlargesBy, (recipe.Height - margins.Top - margins.Bottom) / enlargesBy);
    }

    public static PipelineOptions ToPipelineOptions(WorkerOptions options, string device) => new()
    {
        Device = device,
        Slots = options.Slots,
        Threads = options.Threads,
        MaxRows = options.RowsPerCall,
        MaxPixelsPerCall = options.PixelsPerCall,
        FixedRows = options.FixedRows,
        Determinism = options.Determinism == DeterminismClasses.Fast ? DeterminismClass.Fast : DeterminismClass.Reproducible,
        DeviceMemoryMegabytes = options.DeviceMemoryMegabytes,
        CudaGraphs = options.CudaGraphs,
        AllowHardLinks = options.AllowHardLinks,
        UpscalerFolder = options.UpscalerFolder,
    };

    public static ExecutionProfile ToProfile(ExecutionEnvironment environment) => new()
    {
        Runtime = environment.Runtime,
        Provider = environment.Provider,
        Device = environment.Device,
        Engine = ExecutionEnvironment.EngineRevision,
    };

    public static ImageFileFormat ToFileFormat(string format) => format switch
    {
        ImageFormats.Png => ImageFileFormat.Png,
        ImageFormats.Jpeg => ImageFileFormat.Jpeg,
        ImageFormats.WebP => ImageFileFormat.WebP,
        _ => throw new GenerationException(
            GenerationError.BadRequest, $"format is {format}; allowed: {string.Join(", ", ImageFormats.All)}."),
    };
}
