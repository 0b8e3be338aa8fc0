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

    /// <summary>Noise source: <c>torch_cpu</c> (default) or <c>torch_cuda</c>.</summary>
    public string NoiseSource { get; init; } = "torch_cpu";
}
