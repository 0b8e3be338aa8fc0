using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// DPM++ SDE: an ancestral step to the middle level, then the whole ancestral step with the clean latent found there; the last step goes to the clean latent.
/// 2N−1 turns, a draw in each but the last.
/// </summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_dpmsolver_sde.py</c> after k-diffusion's <c>sample_dpmpp_sde</c> (r = 1/2, η = 1), but for the noise.
/// <para>Limitations: diffusers and k-diffusion cut the noise of both turns of a step out of one Brownian path, with a generator of its own; here they are two
/// independent draws from the image's stream. Each has the right distribution, their correlation within a step is missing, and a seed
/// gives another picture than there.</para>
/// </remarks>
internal sealed class DpmPlusPlusSdeSampler : TabulatedSampler
{
    private readonly PredictionType prediction;
    private readonly float[] sigmas;
    private readonly float[] middles;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public DpmPlusPlusSdeSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(schedule, settings, SigmaSchedule.KDiffusion(schedule, settings))
    {
    }

    private DpmPlusPlusSdeSampler(TrainingSchedule schedule, SamplerSettings settings, SigmaSchedule sigmas)
        : this(schedule, settings, sigmas, [.. sigmas.Sigmas.Zip(sigmas.Sigmas.Skip(1), (a, b) => (float)Math.Sqrt((double)a * b))])
    {
    }

    private DpmPlusPlusSdeSampler(TrainingSchedule schedule, SamplerSettings settings, SigmaSchedule sigmas, float[] middles)
        : base(
            settings,
            TwoTurnLevels.Interleave(sigmas.Timesteps, Array.ConvertAll(middles, sigma => (float)SigmaSchedule.TimestepAt(schedule, sigma))),
            TwoTurnLevels.Interleave(sigmas.ExplodingLevels(), Array.ConvertAll(middles, NoiseLevel.Exploding)),
            sigmas.InitialNoiseScale(settings),
            turnsPerStep: 2)
    {
        prediction = sigmas.Prediction;
        this.sigmas = sigmas.Sigmas;
        this.middles = middles;
    }

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) =>
        new State(this, latent, noise, firstTurn);

    private sealed class State(DpmPlusPlusSdeSampler sampler, ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn)
        : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly float[] start = new float[latent.Length];
        private readonly float[] fresh = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var step = Turn / 2;
            var (sigma, next, middle) = (sampler.sigmas[step], sampler.sigmas[step + 1], sampler.middles[step]);
            if (Turn % 2 == 0) X.CopyTo(start, 0);
            var at = Turn % 2 == 0 ? sigma : middle;
            var clean = Conversion.ToClean(sampler.prediction, at);
            if (next == 0)
            {
                for (var i = 0; i < X.Length; i++) X[i] = clean.Of(X[i], prediction[i]);
                return;
            }

            var (down, up) = AncestralSplit.Of(sigma, Turn % 2 == 0 ? middle : next);
            var kept = down / sigma;
            noise.Draw(fresh);
            for (var i = 0; i < X.Length; i++)
            {
                X[i] = (kept * start[i]) + ((1.0f - kept) * clean.Of(X[i], prediction[i])) + (up * fresh[i]);
            }
        }
    }
}
