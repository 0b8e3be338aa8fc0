using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>Denoising diffusion implicit models; with η &gt; 0 each step returns part of the noise it removes. N turns.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_ddim.py</c> (Song et al. 2020, arXiv:2010.02502, equations 12 and 16).
/// With a = ᾱ at the turn and p = ᾱ after it: s = η √((1−p)/(1−a)) √(1−a/p), x' = √p·x₀ + √(1−p−s²)·ε + s·n.
/// <para>Limitations: no dynamic thresholding; a clipped x₀ does not change ε (<c>use_clipped_model_output=False</c>).</para>
/// </remarks>
internal sealed class DdimSampler : TabulatedSampler
{
    private readonly Coefficients[] turns;
    private readonly float clip;
    private readonly bool stochastic;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public DdimSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(schedule, settings, TimestepSpacing.Rounded(TimestepSpacing.Points(schedule, settings)))
    {
    }

    private DdimSampler(TrainingSchedule schedule, SamplerSettings settings, int[] timesteps)
        : base(
            settings,
            Array.ConvertAll(timesteps, t => (float)t),
            Array.ConvertAll(timesteps, t => NoiseLevel.FromAlpha(schedule.AlphasCumprod[t])),
            initialNoiseScale: 1.0f)
    {
        stochastic = settings.Eta > 0;
        clip = schedule.Options.ClipSample ? (float)schedule.Options.ClipSampleRange : float.PositiveInfinity;
        ZeroTerminalSnr.RefuseEpsilon(schedule, settings, timesteps[0]);
        var stride = schedule.TrainTimesteps / settings.Steps;
        turns = Array.ConvertAll(
            timesteps,
            t => Coefficients.Between(
                schedule.Prediction, schedule.AlphasCumprod[t], schedule.AlphaCumprodAt(t - stride), (float)settings.Eta));
    }

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) =>
        new State(this, latent, noise, firstTurn);

    /// <summary>Numbers of one turn: how x₀ and ε are read, √p, √(1−p−s²), s.</summary>
    private readonly record struct Coefficients(Conversion Clean, Conversion Noise, float CleanFactor, float NoiseFactor, float FreshFactor)
    {
        public static Coefficients Between(PredictionType prediction, float a, float p, float eta)
        {
            // Rounding can leave these differences a hair below zero where the exact value is zero.
            var variance = Math.Max((1.0f - p) / (1.0f - a) * (1.0f - (a / p)), 0.0f);
            var fresh = eta * MathF.Sqrt(variance);
            var direction = Math.Max(1.0f - p - (fresh * fresh), 0.0f);
            var (alpha, sigma) = (MathF.Sqrt(a), MathF.Sqrt(1.0f - a));
            return new Coefficients(
                Conversion.ToClean(prediction, alpha, sigma),
                Conversion.ToNoise(prediction, alpha, sigma),
                MathF.Sqrt(p),
                MathF.Sqrt(direction),
                fresh);
        }
    }

    private sealed class State(DdimSampler sampler, ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn)
        : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly float[] fresh = sampler.stochastic ? new float[latent.Length] : [];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var turn = sampler.turns[Turn];
            for (var i = 0; i < X.Length; i++)
            {
                var clean = Math.Clamp(turn.Clean.Of(X[i], prediction[i]), -sampler.clip, sampler.clip);
                X[i] = (turn.CleanFactor * clean) + (turn.NoiseFactor * turn.Noise.Of(X[i], prediction[i]));
            }

            // With η > 0 every turn draws, even where s is 0: the draw is part of the stream's order.
            if (!sampler.stochastic) return;
            noise.Draw(fresh);
            for (var i = 0; i < X.Length; i++) X[i] += turn.FreshFactor * fresh[i];
        }
    }
}
