using RenderFarm.Imaging;

namespace RenderFarm.Diffusion;

/// <summary>What to make an image of. Members left null take the checkpoint's defaults.</summary>
public sealed record GenerationRequest
{
    /// <summary>What the image should show.</summary>
    public required string Prompt { get; init; }

    /// <summary>What guidance leads away from; empty for the empty prompt.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>
    /// How both prompts are read: <c>a1111</c> (default: brackets are weights, prompts may be long) or <c>plain</c> (brackets are letters, what does not
    /// fit into 77 tokens is cut off).
    /// </summary>
    public string PromptSyntax { get; init; } = "a1111";

    /// <summary>Seed of the image's noise, 0…2³²−1. Default 0.</summary>
    public uint Seed { get; init; }

    /// <summary>Width in pixels, a multiple of the checkpoint's side multiple.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels, a multiple of the checkpoint's side multiple.</summary>
    public int? Height { get; init; }

    /// <summary>Step count, 1…1,000.</summary>
    public int? Steps { get; init; }

    /// <summary>Sampler, one of <see cref="Sampling.SamplerCatalog.Names"/>.</summary>
    public string? Sampler { get; init; }

    /// <summary>Noise schedule: <c>uniform</c> or <c>karras</c>.</summary>
    public string? NoiseSchedule { get; init; }

    /// <summary>Timestep spacing: <c>leading</c>, <c>trailing</c> or <c>linspace</c>.</summary>
    public string? TimestepSpacing { get; init; }

    /// <summary>Stochasticity η of DDIM, 0…1. Default 0.</summary>
    public double Eta { get; init; }

    /// <summary>Guidance scale, finite; up to 1 guidance is off and an image takes one row instead of two.</summary>
    public double? GuidanceScale { get; init; }

    /// <summary>Guidance rescale φ of Lin et al. 2023, 0…1. Default 0: off.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>Fraction of the turns after which guidance begins, 0…1. Default 0.</summary>
    public double GuidanceStart { get; init; }

    /// <summary>Fraction of the turns after which guidance ends, from <see cref="GuidanceStart"/> to 1. Default 1.</summary>
    public double GuidanceEnd { get; init; } = 1;

    /// <summary>Layer of the text encoder to take, counted from its end as A1111 counts; default 1, the last. More where the checkpoint offers it.</summary>
    public int ClipSkip { get; init; } = 1;

    /// <summary>Seed of the noise that <see cref="VariationStrength"/> leads towards, 0…2³²−1. Default 0.</summary>
    public uint VariationSeed { get; init; }

    /// <summary>How far the first noise is led from that of <see cref="Seed"/> to that of <see cref="VariationSeed"/>, 0…1. Default 0: not at all.</summary>
    public double VariationStrength { get; init; }

    /// <summary>A picture to begin from instead of noise alone, as large as the image to be made; null (default) for text to image.</summary>
    public RgbImage? InitialImage { get; init; }

    /// <summary>
    /// How much of <see cref="InitialImage"/> is given up, 0…1; default 0.75. It is the share of the steps that are run: 0 gives the picture back as the VAE
    /// keeps it.
    /// </summary>
    public double Strength { get; init; } = 0.75;

    /// <summary>
    /// Where <see cref="InitialImage"/> is repainted: white for yes, black for no, grey for partly; as large as it. Null (default): everywhere. Read at the
    /// resolution of the latent, so that edges are as coarse as its cells.
    /// </summary>
    public RgbImage? Mask { get; init; }

    /// <summary>Noise source: <c>torch_cpu</c> (default) or <c>torch_cuda</c>.</summary>
    public string NoiseSource { get; init; } = "torch_cpu";
}
