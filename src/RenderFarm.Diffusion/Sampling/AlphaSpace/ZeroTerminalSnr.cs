namespace RenderFarm.Diffusion.Sampling;

/// <summary>What a checkpoint whose last timestep has no signal cannot do: diffusers divides by zero there.</summary>
internal static class ZeroTerminalSnr
{
    /// <summary>Refuses a run that would read a clean latent out of pure noise from the noise predicted.</summary>
    /// <exception cref="ArgumentException">It would; the message names the combination.</exception>
    public static void RefuseEpsilon(TrainingSchedule schedule, SamplerSettings settings, int firstTimestep)
    {
        if (schedule.AlphasCumprod[firstTimestep] != 0 || schedule.Prediction != PredictionType.Epsilon) return;
        throw new ArgumentException(
            $"Sampler '{settings.Sampler}' with '{settings.TimestepSpacing}' spacing begins where a zero-terminal-SNR checkpoint has no signal; "
            + "from there a checkpoint that predicts epsilon gives no clean latent. Take another spacing.",
            nameof(settings));
    }
}
