using RenderFarm.Contracts;
using RenderFarm.Diffusion;
using RenderFarm.Imaging;

namespace RenderFarm.Worker;

/// <summary>The only file that knows both the wire's words and the engine's.</summary>
internal static class SettingsMapping
{
    public static GenerationRequest ToRequest(Recipe recipe) => new()
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
        NoiseSource = recipe.NoiseSource,
    };

    public static PipelineOptions ToPipelineOptions(WorkerOptions options) => new()
    {
        Device = options.Device,
        Slots = options.Slots,
        Threads = options.Threads,
        DeviceMemoryMegabytes = options.DeviceMemoryMegabytes,
        CudaGraphs = options.CudaGraphs,
        AllowHardLinks = options.AllowHardLinks,
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
