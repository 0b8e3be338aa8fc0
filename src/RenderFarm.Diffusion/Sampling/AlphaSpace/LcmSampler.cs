using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>Latent consistency: each turn jumps to the clean latent and noises it again to the next level. N turns, 1 to 50; a draw in each but the last.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_lcm.py</c> (Luo et al. 2023, arXiv:2310.04378, algorithm 3): timesteps are N of the 50 of the distillation
/// (T/50 − 1, 2T/50 − 1, …), σ_data = 0.5, timestep scaling 10; c_skip = σ_data²/(s²+σ_data²), c_out = s/√(s²+σ_data²) with s = 10 t.
/// <para>Limitations: the distillation fixes the timesteps, so the timestep spacing changes nothing; no thresholding.</para>
/// </remarks>
internal sealed class LcmSampler : TabulatedSampler
{
    private const int DistilledSteps = 50;
    private const float DataVariance = 0.25f;
    private const float TimestepScaling = 10.0f;

    private readonly Coefficients[] turns;
    private readonly float clip;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public LcmSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(schedule, settings, TurnsOf(schedule, settings))
    {
    }

    private LcmSampler(TrainingSchedule schedule, SamplerSettings settings, int[] timesteps)
        : base(
            settings,
            Array.ConvertAll(timesteps, t => (float)t),
            Array.ConvertAll(timesteps, t => NoiseLevel.FromAlpha(schedule.AlphasCumprod[t])),
            initialNoiseScale: 1.0f)
    {
        ZeroTerminalSnr.RefuseEpsilon(schedule, settings, timesteps[0]);
        clip = schedule.Options.ClipSample ? (float)schedule.Options.ClipSampleRange : float.PositiveInfinity;
        turns = new Coefficients[timesteps.Length];
        for (var turn = 0; turn < turns.Length; turn++)
        {
            var a = schedule.AlphasCumprod[timesteps[turn]];
            var scaled = timesteps[turn] * TimestepScaling;
            var spread = (scaled * scaled) + DataVariance;
            turns[turn] = new Coefficients(
                Conversion.ToClean(schedule.Prediction, MathF.Sqrt(a), MathF.Sqrt(1.0f - a)), scaled / MathF.Sqrt(spread), DataVariance / spread);
        }
    }

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) =>
        new State(this, latent, noise, firstTurn);

    private static int[] TurnsOf(TrainingSchedule schedule, SamplerSettings settings)
    {
        if (settings.Steps > DistilledSteps || schedule.TrainTimesteps < DistilledSteps)
        {
            throw new ArgumentException(
                $"Sampler '{settings.Sampler}' cannot take {settings.Steps} steps over {schedule.TrainTimesteps} training timesteps; its steps are 1 to "
                + $"{DistilledSteps}, those it was distilled with.",
                nameof(settings));
        }

        var stride = schedule.TrainTimesteps / DistilledSteps;
        var timesteps = new int[settings.Steps];
        for (var turn = 0; turn < timesteps.Length; turn++)
        {
            var skipped = (int)Math.Floor(turn * ((double)DistilledSteps / settings.Steps));
            timesteps[turn] = ((DistilledSteps - skipped) * stride) - 1;
        }

        return timesteps;
    }

    /// <summary>Numbers of one turn: how x₀ is read, c_out, c_skip.</summary>
    private readonly record struct Coefficients(Conversion Clean, float OutFactor, float SkipFactor);

    private sealed class State(LcmSampler sampler, ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn)
        : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly float[] fresh = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var turn = sampler.turns[Turn];
            for (var i = 0; i < X.Length; i++)
            {
                var clean = Math.Clamp(turn.Clean.Of(X[i], prediction[i]), -sampler.clip, sampler.clip);
                X[i] = (turn.OutFactor * clean) + (turn.SkipFactor * X[i]);
            }

            if (Turn + 1 == sampler.Levels.Length) return;
            noise.Draw(fresh);
            sampler.AddNoise(X, fresh, Turn + 1);
        }
    }
}
