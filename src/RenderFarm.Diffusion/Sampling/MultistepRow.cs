namespace RenderFarm.Diffusion.Sampling;

/// <summary>One step of a linear multistep method: x' = s·x + Σ wⱼ mⱼ + n·noise, with m₀ the newest converted prediction.</summary>
/// <param name="Sample">s.</param>
/// <param name="Weights">w₀, w₁, …: as many as the order of the step.</param>
/// <param name="Fresh">n; 0 where the method is deterministic.</param>
internal sealed record MultistepRow(float Sample, float[] Weights, float Fresh = 0)
{
    /// <summary>Rounds weights worked out in double.</summary>
    public static MultistepRow Of(double sample, double[] weights, double fresh = 0) =>
        new((float)sample, Array.ConvertAll(weights, weight => (float)weight), (float)fresh);

    /// <summary>Element <paramref name="i"/> of the weighted sum, noise left out.</summary>
    public float Of(float sample, LatentHistory predictions, int i)
    {
        var sum = Sample * sample;
        for (var age = 0; age < Weights.Length; age++) sum += Weights[age] * predictions[age][i];
        return sum;
    }

    /// <summary>This row, if it can be used.</summary>
    /// <exception cref="ArgumentException">A weight is not finite: the combination of settings cannot be integrated.</exception>
    public MultistepRow CheckedFinite(SamplerSettings settings, int turn)
    {
        if (float.IsFinite(Sample) && float.IsFinite(Fresh) && Weights.All(float.IsFinite)) return this;
        throw new ArgumentException(
            $"Sampler '{settings.Sampler}' with '{settings.NoiseSchedule}' noise schedule, '{settings.TimestepSpacing}' spacing and "
            + $"{settings.Steps} steps has no finite weights at turn {turn}; take fewer steps or another spacing.",
            nameof(settings));
    }
}
