using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>Heun's second-order method in sigma space: an Euler step, then the same step again with the mean slope of both ends. 2N−1 turns.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_heun_discrete.py</c> (Karras et al. 2022, arXiv:2206.00364, algorithm 1). The last step, to
/// σ = 0, is Euler's alone.
/// </remarks>
internal sealed class HeunSampler : TabulatedSampler
{
    private readonly SigmaSchedule sigmas;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public HeunSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(settings, SigmaSchedule.KDiffusion(schedule, settings))
    {
    }

    private HeunSampler(SamplerSettings settings, SigmaSchedule sigmas)
        : base(
            settings,
            TwoTurnLevels.Interleave(sigmas.Timesteps, sigmas.Timesteps[1..]),
            TwoTurnLevels.Interleave(sigmas.ExplodingLevels(), sigmas.ExplodingLevels()[1..]),
            sigmas.InitialNoiseScale(settings),
            turnsPerStep: 2) => this.sigmas = sigmas;

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) => new State(this, latent, firstTurn);

    private sealed class State(HeunSampler sampler, ReadOnlySpan<float> latent, int firstTurn) : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly float[] start = new float[latent.Length];
        private readonly float[] slope = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var step = Turn / 2;
            var (sigma, next) = (sampler.sigmas.Sigmas[step], sampler.sigmas.Sigmas[step + 1]);
            if (Turn % 2 == 0) Predict(prediction, sigma, next - sigma);
            else Correct(prediction, next, next - sigma);
        }

        private void Predict(ReadOnlySpan<float> prediction, float sigma, float change)
        {
            var conversion = Conversion.ToSlope(sampler.sigmas.Prediction, sigma);
            for (var i = 0; i < X.Length; i++)
            {
                start[i] = X[i];
                slope[i] = conversion.Of(X[i], prediction[i]);
                X[i] += slope[i] * change;
            }
        }

        private void Correct(ReadOnlySpan<float> prediction, float sigma, float change)
        {
            var conversion = Conversion.ToSlope(sampler.sigmas.Prediction, sigma);
            for (var i = 0; i < X.Length; i++)
            {
                var end = conversion.Of(X[i], prediction[i]);
                X[i] = start[i] + ((slope[i] + end) / 2 * change);
            }
        }
    }
}
