namespace RenderFarm.Diffusion.Sampling;

/// <summary>What a UNet was trained to predict.</summary>
public enum PredictionType
{
    /// <summary>The noise ε.</summary>
    Epsilon,

    /// <summary>The velocity v = √ᾱ ε − √(1−ᾱ) x₀ (Salimans and Ho 2022).</summary>
    Velocity,

    /// <summary>The clean latent x₀.</summary>
    Sample,
}

/// <summary>
/// The forward process a checkpoint was trained with: the part of <c>scheduler_config.json</c> that belongs to the weights.
/// Which sampler, spacing and noise schedule to use belongs to the recipe.
/// </summary>
public sealed record TrainingScheduleOptions
{
    /// <summary>Number of training timesteps T, at least 2.</summary>
    public int TrainTimesteps { get; init; } = 1000;

    /// <summary>First β, in (0, 1).</summary>
    public double BetaStart { get; init; } = 0.00085;

    /// <summary>Last β, in (0, 1).</summary>
    public double BetaEnd { get; init; } = 0.012;

    /// <summary><c>scaled_linear</c>, <c>linear</c> or <c>squaredcos_cap_v2</c>.</summary>
    public string BetaSchedule { get; init; } = "scaled_linear";

    /// <summary>Explicit βs, T of them, each in (0, 1); null to compute them.</summary>
    public IReadOnlyList<double>? TrainedBetas { get; init; }

    /// <summary>What the UNet predicts.</summary>
    public PredictionType Prediction { get; init; } = PredictionType.Epsilon;

    /// <summary>Added to every timestep of the leading spacing.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Whether ᾱ before the first timestep is 1 (true) or ᾱ₀ (false).</summary>
    public bool SetAlphaToOne { get; init; } = true;

    /// <summary>Whether DDIM clips its predicted clean latent.</summary>
    public bool ClipSample { get; init; }

    /// <summary>Bound of that clipping, greater than 0.</summary>
    public double ClipSampleRange { get; init; } = 1.0;

    /// <summary>Whether betas are rescaled so that the last timestep has no signal (Lin et al. 2023, algorithm 1).</summary>
    public bool RescaleZeroTerminalSnr { get; init; }
}
