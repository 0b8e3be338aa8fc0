using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>Euler's method in sigma space: x' = x + (σ' − σ)·dx/dσ. N turns.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_euler_discrete.py</c> (Karras et al. 2022, arXiv:2206.00364, algorithm 2 with
/// S_churn = 0).
/// <para>Limitations: no churn, so no noise is drawn, where diffusers 0.27 draws and drops it.</para>
/// </remarks>
internal sealed class EulerSampler : TabulatedSampler
{
    private readonly SigmaSchedule sigmas;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public EulerSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(settings, SigmaSchedule.KDiffusion(schedule, settings))
    {
    }

    private EulerSampler(SamplerSettings settings, SigmaSchedule sigmas)
        : base(settings, sigmas.Timesteps, sigmas.ExplodingLevels(), sigmas.InitialNoiseScale(settings)) => this.sigmas = sigmas;

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) => new State(this, latent, firstTurn);

    private sealed class State(EulerSampler sampler, ReadOnlySpan<float> latent, int firstTurn) : TabulatedState(sampler, latent, firstTurn)
    {
        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var (sigma, next) = (sampler.sigmas.Sigmas[Turn], sampler.sigmas.Sigmas[Turn + 1]);
            var slope = Conversion.ToSlope(sampler.sigmas.Prediction, sigma);
            var change = next - sigma;
            for (var i = 0; i < X.Length; i++) X[i] += slope.Of(X[i], prediction[i]) * change;
        }
    }
}
