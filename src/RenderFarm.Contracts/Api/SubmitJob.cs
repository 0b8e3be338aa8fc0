namespace RenderFarm.Contracts.Api;

/// <summary>
/// A request for images: every combination of the listed settings (the cells of a sweep) times the image count.
/// Order of the images: prompt, sampler, steps, guidance scale, strength, seed, image; the last changes fastest. Image k of a cell uses seed+k;
/// with a variation strength all its images use the same seed, and image k uses variation seed+k.
/// </summary>
public sealed record SubmitJob
{
    /// <summary>Checkpoint by name or digest; null for the farm's default.</summary>
    public string? Model { get; init; }

    /// <summary>What the images should show: 1…1,000 prompts of up to 10,000 characters.</summary>
    public required OneOrMany<string> Prompt { get; init; }

    /// <summary>What guidance leads away from, up to 10,000 characters.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>How prompts are read: a1111 (weights in brackets, any length) or plain (77 tokens, brackets are letters); default a1111.</summary>
    public string? PromptSyntax { get; init; }

    /// <summary>Layer of the text encoder, counted from its end: 1…12, as far as the checkpoint offers them; default 1, the last.</summary>
    public int? ClipSkip { get; init; }

    /// <summary>Images of each cell, 1…1,000,000; default 1. All cells together: 1,000,000.</summary>
    public int? Images { get; init; }

    /// <summary>Seeds 0…4,294,967,295, also after adding the image number; omitted: one is drawn at submission.</summary>
    public OneOrMany<long>? Seed { get; init; }

    /// <summary>Seed of the noise to vary towards, 0…4,294,967,295, also after adding the image number; omitted: one is drawn at submission.</summary>
    public long? VariationSeed { get; init; }

    /// <summary>How far the first noise varies, 0…1: from the seed's to the variation seed's; default 0, not at all.</summary>
    public double? VariationStrength { get; init; }

    /// <summary>
    /// Width in pixels, 16…2,048 and a multiple of 8 (some checkpoints: more); default: that of init_image, rounded to such a number, plus what outpaint
    /// adds; without one the checkpoint's.
    /// </summary>
    public int? Width { get; init; }

    /// <summary>
    /// Height in pixels, 16…2,048 and a multiple of 8 (some checkpoints: more); default: that of init_image, rounded to such a number, plus what outpaint
    /// adds; without one the checkpoint's.
    /// </summary>
    public int? Height { get; init; }

    /// <summary>Step counts, 1…1,000; default: the checkpoint's.</summary>
    public OneOrMany<int>? Steps { get; init; }

    /// <summary>Samplers, by any name that A1111 or AI Horde uses too; default: the checkpoint's.</summary>
    public OneOrMany<string>? Sampler { get; init; }

    /// <summary>Noise schedule: uniform, karras or exponential; default: what the sampler's name says, else the checkpoint's where the sampler allows it.</summary>
    public string? NoiseSchedule { get; init; }

    /// <summary>Timestep spacing: leading, trailing or linspace; default: the checkpoint's.</summary>
    public string? TimestepSpacing { get; init; }

    /// <summary>Stochasticity of DDIM, 0…1; default 0. Not allowed with other samplers.</summary>
    public double? Eta { get; init; }

    /// <summary>Guidance scales, 0…50; up to 1 guidance is off; default: the checkpoint's.</summary>
    public OneOrMany<double>? GuidanceScale { get; init; }

    /// <summary>Guidance rescale, 0…1: takes back the contrast that a large guidance scale adds; default 0, off.</summary>
    public double? GuidanceRescale { get; init; }

    /// <summary>Fraction of the steps after which guidance begins, 0…1; default 0.</summary>
    public double? GuidanceStart { get; init; }

    /// <summary>Fraction of the steps after which guidance ends, from guidance_start to 1; default 1. Outside it an image costs half.</summary>
    public double? GuidanceEnd { get; init; }

    /// <summary>
    /// The picture to begin from: the digest that POST /v1/inputs answered with, or the picture itself as <c>data:image/png;base64,…</c> (jpeg and webp
    /// too). It is scaled to the size of the image to be made, or, for a checkpoint that makes pictures larger and needs one, to that size divided by enlarges_by.
    /// </summary>
    public string? InitImage { get; init; }

    /// <summary>How much of init_image is given up, 0…1: the share of the steps that are run; default 0.75. A list is swept over.</summary>
    public OneOrMany<double>? Strength { get; init; }

    /// <summary>Where init_image is repainted (white) and kept (black), given like it and as large as it; omitted: everywhere.</summary>
    public string? Mask { get; init; }

    /// <summary>
    /// Standard deviation in pixels of the blur that softens the mask's edge, 0…64; default 4. Above 0, what the softened mask leaves black keeps every byte
    /// of init_image.
    /// </summary>
    public int? MaskBlur { get; init; }

    /// <summary>
    /// What is worked on: the whole picture, or the masked box of it, enlarged to width × height and pasted back into init_image at its own size; whole or
    /// masked, default whole.
    /// </summary>
    public string? InpaintArea { get; init; }

    /// <summary>Pixels around the mask's box that are worked on with it when inpaint_area is masked, 0…512; default 32.</summary>
    public int? InpaintPadding { get; init; }

    /// <summary>What the masked area holds at first: original, fill (the colours around it), noise or nothing; default original.</summary>
    public string? InpaintFill { get; init; }

    /// <summary>Pixels to add around init_image, to be painted; width and height count them in.</summary>
    public OutpaintMargins? Outpaint { get; init; }

    /// <summary>Noise level at which an upscaling checkpoint sees init_image, 0…350: higher invents more; default 20. For such checkpoints only.</summary>
    public int? UpscaleNoiseLevel { get; init; }

    /// <summary>A second pass at a larger size; for text to image only.</summary>
    public HiresSettings? Hires { get; init; }

    /// <summary>Noise source: torch_cpu or torch_cuda; default torch_cpu.</summary>
    public string? NoiseSource { get; init; }

    /// <summary>Determinism class: reproducible or fast; default reproducible.</summary>
    public string? Determinism { get; init; }

    /// <summary>File format: png, jpeg or webp; default png.</summary>
    public string? Format { get; init; }

    /// <summary>Quality of jpeg and webp, 1…100. Not allowed with png.</summary>
    public int? Quality { get; init; }

    /// <summary>Days after its end until the job is deleted with its images, 1…36,500; default: what the farm is set to, which may be to keep it.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>Priority class: high, normal or low; default normal.</summary>
    public string? Priority { get; init; }

    /// <summary>A name of the caller's own, up to 200 characters.</summary>
    public string? Label { get; init; }
}
