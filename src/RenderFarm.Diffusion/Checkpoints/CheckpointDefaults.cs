using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Sampling;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>
/// What a checkpoint renders with when nobody says otherwise: from its manifest <c>renderfarm.json</c>, and where there is none, sane values derived
/// from its own configuration. Defaults are no part of the digest, because a recipe writes them all out.
/// </summary>
public sealed record CheckpointDefaults
{
    private const int StandardCells = 64;

    /// <summary>Native width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Native height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Step count.</summary>
    public required int Steps { get; init; }

    /// <summary>Sampler name.</summary>
    public required string Sampler { get; init; }

    /// <summary>Noise schedule name.</summary>
    public required string NoiseSchedule { get; init; }

    /// <summary>Timestep spacing name.</summary>
    public required string TimestepSpacing { get; init; }

    /// <summary>Guidance scale.</summary>
    public required double GuidanceScale { get; init; }

    internal static CheckpointDefaults Read(string folder, JsonFile scheduler, JsonFile? unet, int vaeFactor)
    {
        var manifest = JsonFile.ReadIfThere(Path.Combine(folder, "renderfarm.json"));
        var size = unet?.Integer("sample_size") ?? StandardCells;
        var (height, width) = FixedCells(Path.Combine(folder, "unet", "model.onnx")) ?? (size, size);
        var sampler = manifest?.Text("sampler") ?? SamplerFor(scheduler);
        var distilled = Distillation.Of(scheduler, unet);
        return new CheckpointDefaults
        {
            Width = manifest?.Integer("width") ?? width * vaeFactor,
            Height = manifest?.Integer("height") ?? height * vaeFactor,
            Steps = manifest?.Integer("steps") ?? distilled?.Steps ?? (sampler == "plms" ? 50 : 25),
            Sampler = sampler,
            NoiseSchedule = manifest?.Text("noise_schedule") ?? NoiseScheduleFor(scheduler, sampler),
            TimestepSpacing = manifest?.Text("timestep_spacing") ?? scheduler.Text("timestep_spacing") ?? "leading",
            GuidanceScale = manifest?.Number("guidance_scale") ?? distilled?.GuidanceScale ?? 7.5,
        };
    }

    // A graph of fixed shape makes one size only, whatever its configuration calls native.
    private static (int Height, int Width)? FixedCells(string file) =>
        File.Exists(file) && GraphInterfaceFile.Read(file).OptionalInput("sample") is { Dimensions: [_, _, > 0 and var height, > 0 and var width] } ? (height, width) : null;

    /// <summary>The sampler that does what a scheduler of diffusers does; DPM-Solver++ (2M) for those that none of ours follows.</summary>
    private static string SamplerFor(JsonFile scheduler) => scheduler.Text("_class_name") switch
    {
        "PNDMScheduler" => "plms",
        "DDIMScheduler" => "ddim",
        "DDPMScheduler" => "ddpm",
        "LCMScheduler" => "lcm",
        "EulerDiscreteScheduler" => "euler",
        "EulerAncestralDiscreteScheduler" => "euler_a",
        "HeunDiscreteScheduler" => "heun",
        "KDPM2DiscreteScheduler" => "dpm2",
        "KDPM2AncestralDiscreteScheduler" => "dpm2_a",
        "DPMSolverSDEScheduler" => "dpmpp_sde",
        "DPMSolverSinglestepScheduler" => "dpmpp_2s",
        "LMSDiscreteScheduler" => "lms",
        "UniPCMultistepScheduler" => "unipc",
        "DEISMultistepScheduler" => "deis",
        _ => (scheduler.Text("algorithm_type"), scheduler.Integer("solver_order")) switch
        {
            ("sde-dpmsolver++", _) => "dpmpp_2m_sde",
            ("dpmsolver", _) => "dpmsolver_2",
            (_, 3) => "dpmpp_3m",
            _ => "dpmpp_2m",
        },
    };

    private static string NoiseScheduleFor(JsonFile scheduler, string sampler) =>
        !SamplerCatalog.AllowsNoiseSchedules(sampler) ? "uniform"
        : scheduler.Flag("use_karras_sigmas") == true ? "karras"
        : scheduler.Flag("use_exponential_sigmas") == true ? "exponential"
        : "uniform";
}
