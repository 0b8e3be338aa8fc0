using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// DPM++ 2S a: DPM-Solver++(2S) to a level below the next one, and fresh noise up to it; the last step goes to the clean latent, as Euler's does. 2N−1 turns, a
/// draw in each second one.
/// </summary>
/// <remarks>
/// This implementation matches k-diffusion's <c>sample_dpmpp_2s_ancestral</c> (η = 1, s_noise = 1). With λ = −ln σ and h the step in λ, Lu et al. 2022
/// (arXiv:2211.01095), algorithm 1 with r = 1/2: u = (σₛ/σ) x + (1 − e^(−h/2)) D(x), x' = (σ_down/σ) x + (1 − e^(−h)) D(u), where ln σₛ lies halfway between
/// ln σ and ln σ_down; e^(−h/2) is then σₛ/σ, and e^(−h) is σ_down/σ.
/// <para>Limitations: diffusers has no such sampler, so it is held to a plain transcription in double and to no recorded run.</para>
/// </remarks>
internal sealed class DpmPlusPlus2SAncestralSampler : TabulatedSampler
{
    private readonly PredictionType prediction;
    private readonly Dpm2Step[] steps;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public DpmPlusPlus2SAncestralSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(schedule, settings, SigmaSchedule.KDiffusion(schedule, settings))
    {
    }

    private DpmPlusPlus2SAncestralSampler(TrainingSchedule schedule, SamplerSettings settings, SigmaSchedule sigmas)
        : this(schedule, settings, sigmas, [.. sigmas.Sigmas.Zip(sigmas.Sigmas.Skip(1), Dpm2Step.Ancestral)])
    {
    }

    private DpmPlusPlus2SAncestralSampler(TrainingSchedule schedule, SamplerSettings settings, SigmaSchedule sigmas, Dpm2Step[] steps)
        : base(
            settings,
            TwoTurnLevels.Interleave(sigmas.Timesteps, Array.ConvertAll(steps, step => (float)SigmaSchedule.TimestepAt(schedule, step.Middle))),
            TwoTurnLevels.Interleave(sigmas.ExplodingLevels(), Array.ConvertAll(steps, step => NoiseLevel.Exploding(step.Middle))),
            sigmas.InitialNoiseScale(settings),
            turnsPerStep: 2)
    {
        prediction = sigmas.Prediction;
        this.steps = steps;
    }

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) =>
        new State(this, latent, noise, firstTurn);

    private sealed class State(DpmPlusPlus2SAncestralSampler sampler, ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn)
        : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly float[] start = new float[latent.Length];
        private readonly float[] fresh = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var step = sampler.steps[Turn / 2];
            var isFirst = Turn % 2 == 0;
            if (isFirst) X.CopyTo(start, 0);
            var clean = Conversion.ToClean(sampler.prediction, isFirst ? step.Sigma : step.Middle);
            var kept = (isFirst ? step.Middle : step.Down) / step.Sigma;
            for (var i = 0; i < X.Length; i++) X[i] = (kept * start[i]) + ((1.0f - kept) * clean.Of(X[i], prediction[i]));
            if (isFirst) return;
            noise.Draw(fresh);
            for (var i = 0; i < X.Length; i++) X[i] += step.Up * fresh[i];
        }
    }
}
