namespace RenderFarm.Diffusion.Sampling;

/// <summary>The step of PNDM from one timestep to another with a given prediction (Liu et al. 2022, equation 9).</summary>
/// <remarks>With a = ᾱ there and p = ᾱ where it goes: x' = √(p/a)·x − (p−a)·ε / (a√(1−p) + √(a(1−a)p)).</remarks>
internal readonly record struct PndmTransfer(float SampleFactor, float NoiseFactor, float NoiseDivisor, Conversion Noise)
{
    /// <summary>The step between two timesteps; one before 0 is the clean end.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public static PndmTransfer Between(TrainingSchedule schedule, SamplerSettings settings, int from, int to)
    {
        if (schedule.Prediction == PredictionType.Sample)
        {
            throw new ArgumentException(
                $"Sampler '{settings.Sampler}' cannot run a checkpoint that predicts the clean sample; take ddim.", nameof(settings));
        }

        var (a, p) = (schedule.AlphaCumprodAt(from), schedule.AlphaCumprodAt(to));
        if (a == 0)
        {
            throw new ArgumentException(
                $"Sampler '{settings.Sampler}' with '{settings.TimestepSpacing}' spacing begins where a zero-terminal-SNR checkpoint has no signal, "
                + "and divides by it; take another spacing or ddim.",
                nameof(settings));
        }

        var divisor = (a * MathF.Sqrt(1.0f - p)) + MathF.Sqrt(a * (1.0f - a) * p);
        var noise = Conversion.ToNoise(schedule.Prediction, MathF.Sqrt(a), MathF.Sqrt(1.0f - a));
        return new PndmTransfer(MathF.Sqrt(p / a), p - a, divisor, noise);
    }

    /// <summary>One element of the latent after the step.</summary>
    public float Apply(float sample, float prediction) =>
        (SampleFactor * sample) - (NoiseFactor * Noise.Of(sample, prediction) / NoiseDivisor);
}
