using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// What DPM2 and DPM2 a share: an Euler step to the middle level, then the whole step with the slope found there; the last step is Euler's alone. 2N−1 turns.
/// </summary>
/// <remarks>
/// These implementations match diffusers' <c>scheduling_k_dpm_2_discrete.py</c> and, as of 0.31, <c>scheduling_k_dpm_2_ancestral_discrete.py</c> (after Karras et al.
/// 2022, arXiv:2206.00364, algorithm 2, and k-diffusion): noise is drawn in second turns only.
/// </remarks>
internal abstract class Dpm2Family : TabulatedSampler
{
    private readonly PredictionType prediction;
    private readonly Dpm2Step[] steps;

    /// <summary>Works out the turns.</summary>
    protected Dpm2Family(TrainingSchedule schedule, SamplerSettings settings, Func<float, float, Dpm2Step> stepBetween)
        : this(schedule, settings, SigmaSchedule.KDiffusion(schedule, settings, wholeTimesteps: true), stepBetween)
    {
    }

    private Dpm2Family(TrainingSchedule schedule, SamplerSettings settings, SigmaSchedule sigmas, Func<float, float, Dpm2Step> stepBetween)
        : this(schedule, settings, sigmas, [.. sigmas.Sigmas.Zip(sigmas.Sigmas.Skip(1), stepBetween)])
    {
    }

    private Dpm2Family(TrainingSchedule schedule, SamplerSettings settings, SigmaSchedule sigmas, Dpm2Step[] steps)
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
    protected sealed override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) =>
        new State(this, latent, noise, firstTurn);

    private sealed class State(Dpm2Family sampler, ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn)
        : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly float[] start = new float[latent.Length];
        private readonly float[] fresh = sampler.steps[0].Up > 0 ? new float[latent.Length] : [];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var step = sampler.steps[Turn / 2];
            if (Turn % 2 == 0) ToMiddle(step, prediction);
            else WholeStep(step, prediction);
        }

        private void ToMiddle(Dpm2Step step, ReadOnlySpan<float> prediction)
        {
            X.CopyTo(start, 0);
            var slope = Conversion.ToSlope(sampler.prediction, step.Sigma);
            var change = step.Middle - step.Sigma;
            for (var i = 0; i < X.Length; i++) X[i] += slope.Of(X[i], prediction[i]) * change;
        }

        private void WholeStep(Dpm2Step step, ReadOnlySpan<float> prediction)
        {
            var slope = Conversion.ToSlope(sampler.prediction, step.Middle);
            var change = step.Down - step.Sigma;
            for (var i = 0; i < X.Length; i++) X[i] = start[i] + (slope.Of(X[i], prediction[i]) * change);
            if (fresh.Length == 0) return;
            noise.Draw(fresh);
            for (var i = 0; i < X.Length; i++) X[i] += fresh[i] * step.Up;
        }
    }
}
