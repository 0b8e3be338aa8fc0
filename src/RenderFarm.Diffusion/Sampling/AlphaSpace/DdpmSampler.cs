using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// Denoising diffusion probabilistic models: the posterior mean, and noise of the posterior's variance. N turns, a draw in each that does not start at timestep 0.
/// </summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_ddpm.py</c> with <c>variance_type="fixed_small"</c> (Ho et al. 2020, arXiv:2006.11239, equations 6 and 7).
/// With a = ᾱ at the turn, p = ᾱ after it, β = 1 − a/p: x' = (√p β x₀ + √(a/p)(1−p) x)/(1−a) + √((1−p)/(1−a)·β)·n.
/// The clean end has ᾱ = 1 whatever the checkpoint's <c>set_alpha_to_one</c>.
/// <para>Limitations: no learned variance, no thresholding.</para>
/// </remarks>
internal sealed class DdpmSampler : TabulatedSampler
{
    private const float LeastVariance = 1e-20f;

    private readonly Coefficients[] turns;
    private readonly float clip;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public DdpmSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(schedule, settings, TimestepSpacing.Rounded(TimestepSpacing.Points(schedule, settings)))
    {
    }

    private DdpmSampler(TrainingSchedule schedule, SamplerSettings settings, int[] timesteps)
        : base(
            settings,
            Array.ConvertAll(timesteps, t => (float)t),
            Array.ConvertAll(timesteps, t => NoiseLevel.FromAlpha(schedule.AlphasCumprod[t])),
            initialNoiseScale: 1.0f)
    {
        ZeroTerminalSnr.RefuseEpsilon(schedule, settings, timesteps[0]);
        clip = schedule.Options.ClipSample ? (float)schedule.Options.ClipSampleRange : float.PositiveInfinity;
        var stride = schedule.TrainTimesteps / settings.Steps;
        turns = Array.ConvertAll(timesteps, t => Coefficients.At(schedule, t, t - stride));
    }

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) =>
        new State(this, latent, noise, firstTurn);

    /// <summary>Numbers of one turn: how x₀ is read, factors of x₀, x and n; n is not drawn at all where its factor is 0.</summary>
    private readonly record struct Coefficients(Conversion Clean, float CleanFactor, float SampleFactor, float FreshFactor)
    {
        public static Coefficients At(TrainingSchedule schedule, int from, int to)
        {
            var a = schedule.AlphasCumprod[from];
            var p = to >= 0 ? schedule.AlphasCumprod[to] : 1.0f;
            var beta = 1.0f - (a / p);
            var variance = Math.Max((1.0f - p) / (1.0f - a) * beta, LeastVariance);
            return new Coefficients(
                Conversion.ToClean(schedule.Prediction, MathF.Sqrt(a), MathF.Sqrt(1.0f - a)),
                MathF.Sqrt(p) * beta / (1.0f - a),
                MathF.Sqrt(a / p) * (1.0f - p) / (1.0f - a),
                from > 0 ? MathF.Sqrt(variance) : 0.0f);
        }
    }

    private sealed class State(DdpmSampler sampler, ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn)
        : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly float[] fresh = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var turn = sampler.turns[Turn];
            for (var i = 0; i < X.Length; i++)
            {
                var clean = Math.Clamp(turn.Clean.Of(X[i], prediction[i]), -sampler.clip, sampler.clip);
                X[i] = (turn.CleanFactor * clean) + (turn.SampleFactor * X[i]);
            }

            if (turn.FreshFactor == 0) return;
            noise.Draw(fresh);
            for (var i = 0; i < X.Length; i++) X[i] += turn.FreshFactor * fresh[i];
        }
    }
}
