namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// Tables of the forward process over the training timesteps 0…T−1, in float32 as diffusers keeps them. Immutable.
/// </summary>
/// <remarks>
/// Notation: β noise added at a timestep, ᾱ = Π(1−β) share of signal left (Ho et al. 2020), σ = √((1−ᾱ)/ᾱ) noise over signal
/// (Karras et al. 2022).
/// </remarks>
public sealed class TrainingSchedule
{
    // ᾱ = 0 makes σ infinite; diffusers' sigma samplers put the smallest half-precision number there instead (scheduling_euler_discrete.py).
    private const float LeastAlphaOfSigma = 1.0f / (1 << 24);

    /// <summary>Computes the tables.</summary>
    /// <exception cref="ArgumentException">An option is out of its range or unknown; the message names it.</exception>
    public TrainingSchedule(TrainingScheduleOptions options)
    {
        Validate(options);
        Options = options;
        Betas = BetaSchedule.Compute(options);
        AlphasCumprod = BetaSchedule.CumulativeAlphas(Betas);
        Sigmas = new float[AlphasCumprod.Length];
        for (var t = 0; t < Sigmas.Length; t++)
        {
            var alpha = AlphasCumprod[t] == 0 ? LeastAlphaOfSigma : AlphasCumprod[t];
            Sigmas[t] = MathF.Sqrt((1.0f - alpha) / alpha);
        }
    }

    /// <summary>What the tables were computed from.</summary>
    public TrainingScheduleOptions Options { get; }

    /// <summary>T.</summary>
    public int TrainTimesteps => Options.TrainTimesteps;

    /// <summary>What the UNet predicts.</summary>
    public PredictionType Prediction => Options.Prediction;

    internal float[] Betas { get; }

    /// <summary>ᾱ per timestep; the last is 0 with zero terminal SNR.</summary>
    internal float[] AlphasCumprod { get; }

    /// <summary>σ per timestep, rising; finite even with zero terminal SNR.</summary>
    internal float[] Sigmas { get; }

    /// <summary>ᾱ of a timestep, or of the clean end when the timestep lies before 0.</summary>
    internal float AlphaCumprodAt(int timestep) =>
        timestep >= 0 ? AlphasCumprod[timestep] : Options.SetAlphaToOne ? 1.0f : AlphasCumprod[0];

    private static void Validate(TrainingScheduleOptions options)
    {
        Require(options.TrainTimesteps >= 2, nameof(options.TrainTimesteps), options.TrainTimesteps, "at least 2");
        Require(options.BetaStart is > 0 and < 1, nameof(options.BetaStart), options.BetaStart, "between 0 and 1");
        Require(options.BetaEnd is > 0 and < 1, nameof(options.BetaEnd), options.BetaEnd, "between 0 and 1");
        Require(options.StepsOffset >= 0, nameof(options.StepsOffset), options.StepsOffset, "0 or more");
        Require(options.ClipSampleRange > 0, nameof(options.ClipSampleRange), options.ClipSampleRange, "greater than 0");
        Require(Enum.IsDefined(options.Prediction), nameof(options.Prediction), options.Prediction, "Epsilon, Velocity or Sample");
        if (options.TrainedBetas is not { } betas) return;

        Require(betas.Count == options.TrainTimesteps, nameof(options.TrainedBetas), $"{betas.Count} values", $"{options.TrainTimesteps} values");
        for (var t = 0; t < betas.Count; t++)
        {
            Require(betas[t] is > 0 and < 1, $"{nameof(options.TrainedBetas)}[{t}]", betas[t], "between 0 and 1");
        }
    }

    private static void Require(bool holds, string option, object value, string allowed)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"{option} is {value}; it must be {allowed}."), nameof(option));
    }
}
