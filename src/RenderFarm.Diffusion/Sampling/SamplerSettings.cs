namespace RenderFarm.Diffusion.Sampling;

/// <summary>The sampler settings of a recipe. Names as in recipes: lower case, snake_case.</summary>
public sealed record SamplerSettings
{
    /// <summary>Sampler name, for example <c>dpmpp_2m</c>.</summary>
    public required string Sampler { get; init; }

    /// <summary>Step count N, at least 1.</summary>
    public required int Steps { get; init; }

    /// <summary><c>uniform</c> or <c>karras</c>.</summary>
    public string NoiseSchedule { get; init; } = "uniform";

    /// <summary><c>leading</c>, <c>trailing</c> or <c>linspace</c>.</summary>
    public string TimestepSpacing { get; init; } = "leading";

    /// <summary>Stochasticity η of DDIM, 0…1.</summary>
    public double Eta { get; init; }
}
