using System.Text.Json;
using RenderFarm.Diffusion.Sampling;

namespace RenderFarm.Tests.Diffusion.Sampling;

/// <summary>One reference run of a diffusers scheduler, and the sampler of ours that must follow it.</summary>
internal sealed class GoldenRun(string file)
{
    private readonly JsonElement run = Golden.Read(file);

    public string Class => run.GetProperty("scheduler_class").GetString()!;

    public string Version => run.GetProperty("diffusers").GetString()!;

    public float[] Timesteps => run.GetProperty("timesteps").Floats();

    public float InitialNoiseScale => run.GetProperty("init_noise_sigma").GetSingle();

    public float[]? UsedTimesteps => run.TryGetProperty("used_timesteps", out var used) ? used.Floats() : null;

    public float[] InitialSample => run.GetProperty("initial_sample").Floats();

    public float[] InitialNoise => run.GetProperty("initial_noise").Floats();

    public float[][] ScaledInputs => Tensors("scaled_input");

    public float[][] PreviousSamples => Tensors("prev_sample");

    /// <summary>
    /// The draws that matter, in order. Euler without churn (0.27.2) and the first turns of DPM2 a (0.27.2, no longer in 0.31) draw noise and drop it.
    /// </summary>
    public float[][] Noise => (Class, Version) switch
    {
        ("EulerDiscreteScheduler", _) => [],
        ("KDPM2AncestralDiscreteScheduler", "0.27.2") => [.. Tensors("noise").Where((_, turn) => turn % 2 == 1)],
        _ => Tensors("noise"),
    };

    public bool AllFinite => run.GetProperty("all_finite").GetBoolean();

    public (double Strength, int StepsSkipped, float[] Latent, float[] Noise)? ImageToImage =>
        run.TryGetProperty("img2img", out var start)
            ? (start.GetProperty("strength").GetDouble(), start.GetProperty("t_start").GetInt32(), start.GetProperty("init_latents").Floats(), start.GetProperty("noise").Floats())
            : null;

    /// <summary>The name of the sampler that does what this scheduler was configured to do.</summary>
    public string SamplerName => (Class, Text("algorithm_type"), Number("solver_order")) switch
    {
        ("PNDMScheduler", _, _) => Flag("skip_prk_steps") ? "plms" : "pndm",
        ("DDIMScheduler", _, _) => "ddim",
        ("DDPMScheduler", _, _) => "ddpm",
        ("LCMScheduler", _, _) => "lcm",
        ("EulerDiscreteScheduler", _, _) => "euler",
        ("EulerAncestralDiscreteScheduler", _, _) => "euler_a",
        ("HeunDiscreteScheduler", _, _) => "heun",
        ("KDPM2DiscreteScheduler", _, _) => "dpm2",
        ("KDPM2AncestralDiscreteScheduler", _, _) => "dpm2_a",
        ("DPMSolverSDEScheduler", _, _) => "dpmpp_sde",
        ("LMSDiscreteScheduler", _, _) => "lms",
        ("DPMSolverMultistepScheduler", "dpmsolver++", 2) => "dpmpp_2m",
        ("DPMSolverMultistepScheduler", "sde-dpmsolver++", 2) => "dpmpp_2m_sde",
        ("DPMSolverMultistepScheduler", "dpmsolver++", 3) => "dpmpp_3m",
        ("DPMSolverMultistepScheduler", "dpmsolver", 2) => "dpmsolver_2",
        ("DPMSolverSinglestepScheduler", _, 2) => "dpmpp_2s",
        ("UniPCMultistepScheduler", _, _) => "unipc",
        ("DEISMultistepScheduler", _, 2) => "deis",
        _ => throw new InvalidOperationException($"{file}: no sampler is known to follow {Class}."),
    };

    public TrainingSchedule Schedule => new(new TrainingScheduleOptions
    {
        Prediction = Text("prediction_type") switch
        {
            "epsilon" => PredictionType.Epsilon,
            "v_prediction" => PredictionType.Velocity,
            _ => PredictionType.Sample,
        },
        StepsOffset = (int)(Number("steps_offset") ?? 0),
        SetAlphaToOne = Flag("set_alpha_to_one"),
        ClipSample = Flag("clip_sample"),
        RescaleZeroTerminalSnr = Flag("rescale_betas_zero_snr"),
    });

    public SamplerSettings Settings => new()
    {
        Sampler = SamplerName,
        Steps = run.GetProperty("num_inference_steps").GetInt32(),
        NoiseSchedule = Flag("use_karras_sigmas") ? "karras" : "uniform",
        TimestepSpacing = Text("timestep_spacing") ?? "linspace",
        Eta = run.GetProperty("step_kwargs").TryGetProperty("eta", out var eta) ? eta.GetDouble() : 0,
    };

    /// <summary>The sampler, from the catalog where the configuration is one that recipes can name.</summary>
    public Sampler Sampler() => SamplerName switch
    {
        "dpmpp_2m" when DpmSolverVariant != new DpmSolverVariant() => new DpmPlusPlus2MSampler(Schedule, Settings, DpmSolverVariant),
        "unipc" when UniPcVariant != new UniPcVariant() => new UniPcSampler(Schedule, Settings, UniPcVariant),
        _ => SamplerCatalog.Create(Schedule, Settings),
    };

    private DpmSolverVariant DpmSolverVariant => new()
    {
        Heun = Text("solver_type") == "heun",
        EulerAtFinal = Flag("euler_at_final"),
        EndsAtSigmaMin = Text("final_sigmas_type") == "sigma_min",
    };

    private UniPcVariant UniPcVariant => new()
    {
        Order = (int)Number("solver_order")!,
        Scale = Text("solver_type") == "bh1" ? UniPcScale.Bh1 : UniPcScale.Bh2,
        EndsAtSigmaMin = Text("final_sigmas_type") != "zero",
    };

    private JsonElement? Setting(string name) =>
        run.GetProperty("full_config").TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private string? Text(string name) => Setting(name)?.GetString();

    private double? Number(string name) => Setting(name)?.GetDouble();

    private bool Flag(string name) => Setting(name)?.GetBoolean() ?? false;

    private float[][] Tensors(string name) =>
        run.TryGetProperty(name, out var tensors) ? [.. tensors.EnumerateArray().Select(Golden.Floats)] : [];
}
