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

    /// <summary>Noise schedule: <c>uniform</c>, <c>karras</c> or <c>exponential</c>.</summary>
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

    /// <summary>
    /// A picture to begin from instead of noise alone; null (default) for text to image. As large as the image to be made; smaller by
    /// <see cref="Outpaint"/>'s margins where there are any; of any size with <see cref="InpaintArea"/> <c>masked</c>, where it gives the result its size; for
    /// a ×4 upscaling checkpoint a quarter as wide and high, and required.
    /// </summary>
    public RgbImage? InitialImage { get; init; }

    /// <summary>
    /// How much of <see cref="InitialImage"/> is given up, 0…1; default 0.75. It is the share of the steps that are run: 0 gives the picture back as the VAE
    /// keeps it. What <see cref="Outpaint"/> adds is always painted in full.
    /// </summary>
    public double Strength { get; init; } = 0.75;

    /// <summary>
    /// Where <see cref="InitialImage"/> is repainted: white for yes, black for no, grey for partly; as large as it. Null (default): everywhere. Read at the
    /// resolution of the latent, so that edges are as coarse as its cells.
    /// </summary>
    public RgbImage? Mask { get; init; }

    /// <summary>
    /// Standard deviation of the Gaussian that softens <see cref="Mask"/>, in pixels, 0…64; default 4. Above 0 the picture's own pixels are put back through
    /// the softened mask, so that whatever it leaves black keeps every byte. 0: the mask as it is, and all pixels come out of the VAE.
    /// </summary>
    public int MaskBlur { get; init; } = 4;

    /// <summary>
    /// What the UNet sees: <c>whole</c> (default) picture, or only the <c>masked</c> part with some padding, enlarged to the requested size and put back.
    /// </summary>
    public string InpaintArea { get; init; } = "whole";

    /// <summary>Pixels of the picture around the mask that <see cref="InpaintArea"/> <c>masked</c> shows the UNet, 0…512; default 32.</summary>
    public int InpaintPadding { get; init; } = 32;

    /// <summary>
    /// What repainting begins with under the mask: the <c>original</c> (default), a <c>fill</c> of surrounding colours, latent <c>noise</c>, or
    /// <c>nothing</c> (a latent of zeros).
    /// </summary>
    public string InpaintFill { get; init; } = "original";

    /// <summary>Grows the canvas: <see cref="InitialImage"/> keeps its place, and the margins are painted. Null (default): off.</summary>
    public OutpaintMargins? Outpaint { get; init; }

    /// <summary>
    /// How many times larger than <see cref="Width"/>×<see cref="Height"/> a second pass makes the image, 1…4; default 1: no second pass. Sides are rounded
    /// to the nearest multiple of the checkpoint's side multiple. For text to image only.
    /// </summary>
    public double HiresScale { get; init; } = 1;

    /// <summary>
    /// How the first pass is enlarged: <c>latent</c> (default: bilinear, in latent space), <c>lanczos</c> (in pixels), or the name or digest of an upscaler in
    /// <see cref="PipelineOptions.UpscalerFolder"/>.
    /// </summary>
    public string HiresUpscaler { get; init; } = "latent";

    /// <summary>Steps that the second pass runs, 1…1,000; null (default) for as many as the first.</summary>
    public int? HiresSteps { get; init; }

    /// <summary>How much of the enlarged first pass is given up, 0…1; default 0.7. 0 enlarges and paints nothing.</summary>
    public double HiresStrength { get; init; } = 0.7;

    /// <summary>Noise level at which a ×4 upscaling checkpoint sees <see cref="InitialImage"/>, a timestep, 0…350; default 20. Others do not look at it.</summary>
    public int UpscaleNoiseLevel { get; init; } = 20;

    /// <summary>Noise source: <c>torch_cpu</c> (default) or <c>torch_cuda</c>.</summary>
    public string NoiseSource { get; init; } = "torch_cpu";
}
