using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>Euler's method to a level below the next one, and fresh noise up to it. N turns, one draw each.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_euler_ancestral_discrete.py</c> after k-diffusion's <c>sample_euler_ancestral</c> with η = 1:
/// σ_up = √(σ'²(σ²−σ'²)/σ²), σ_down = √(σ'²−σ_up²). The last turn draws too, with weight 0.
/// </remarks>
internal sealed class EulerAncestralSampler : TabulatedSampler
{
    private readonly SigmaSchedule sigmas;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public EulerAncestralSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(settings, SigmaSchedule.KDiffusion(schedule, settings))
    {
    }

    private EulerAncestralSampler(SamplerSettings settings, SigmaSchedule sigmas)
        : base(settings, sigmas.Timesteps, sigmas.ExplodingLevels(), sigmas.InitialNoiseScale(settings)) => this.sigmas = sigmas;

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) =>
        new State(this, latent, noise, firstTurn);

    private sealed class State(EulerAncestralSampler sampler, ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn)
        : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly float[] fresh = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var (sigma, next) = (sampler.sigmas.Sigmas[Turn], sampler.sigmas.Sigmas[Turn + 1]);
            var (down, up) = AncestralSplit.Of(sigma, next);
            var slope = Conversion.ToSlope(sampler.sigmas.Prediction, sigma);
            var change = down - sigma;
            noise.Draw(fresh);
            for (var i = 0; i < X.Length; i++)
            {
                X[i] += slope.Of(X[i], prediction[i]) * change;
                X[i] += fresh[i] * up;
            }
        }
    }
}
