namespace RenderFarm.Diffusion.Sampling;

/// <summary>The sampler settings of a recipe. Names as in recipes: lower case, snake_case.</summary>
public sealed record SamplerSettings
{
    /// <summary>Sampler name, for example <c>dpmpp_2m</c>.</summary>
    public required string Sampler { get; init; }

    /// <summary>Step count N, at least 1.</summary>
    public required int Steps { get; init; }

    /// <summary><c>uniform</c>, <c>karras</c> or <c>exponential</c>; the last two for samplers in sigma space and of the DPM-Solver family.</summary>
    public string NoiseSchedule { get; init; } = "uniform";

    /// <summary><c>leading</c>, <c>trailing</c> or <c>linspace</c>. Changes nothing for <c>lcm</c>, nor for the DPM-Solver family with another noise schedule.</summary>
    public string TimestepSpacing { get; init; } = "leading";

    /// <summary>Stochasticity η of DDIM, 0…1.</summary>
    public double Eta { get; init; }
}
