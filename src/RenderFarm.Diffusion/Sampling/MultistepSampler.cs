using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// A linear multistep method: every turn is a fixed weighted sum of the latent and the last few converted predictions. Its kinds differ only in
/// how predictions are converted and in the weights, which are worked out in double and rounded once.
/// </summary>
internal abstract class MultistepSampler : TabulatedSampler
{
    private readonly Conversion[] conversions;
    private readonly MultistepRow[][] rows;
    private readonly int order;
    private readonly bool stochastic;

    /// <summary>Fixes conversions and weights.</summary>
    /// <param name="settings">Names and step count.</param>
    /// <param name="timesteps">Training timestep of each turn.</param>
    /// <param name="levels">Noise level at the start of each turn.</param>
    /// <param name="initialNoiseScale">What unit noise is multiplied with.</param>
    /// <param name="conversions">How each turn reads its prediction.</param>
    /// <param name="order">Most predictions a step uses.</param>
    /// <param name="rowOf">Weights of a turn that may use so many predictions; may answer with fewer.</param>
    /// <exception cref="ArgumentException">A weight is not finite: the combination of settings cannot be integrated.</exception>
    protected MultistepSampler(
        SamplerSettings settings,
        float[] timesteps,
        NoiseLevel[] levels,
        float initialNoiseScale,
        Conversion[] conversions,
        int order,
        Func<int, int, MultistepRow> rowOf)
        : base(settings, timesteps, levels, initialNoiseScale)
    {
        this.conversions = conversions;
        this.order = order;
        rows = new MultistepRow[timesteps.Length][];
        for (var turn = 0; turn < rows.Length; turn++)
        {
            rows[turn] = new MultistepRow[Math.Min(order, turn + 1)];
            for (var available = 1; available <= rows[turn].Length; available++)
            {
                rows[turn][available - 1] = rowOf(turn, available).CheckedFinite(settings, turn);
            }
        }

        stochastic = rows.Any(kinds => kinds[0].Fresh != 0);
    }

    /// <inheritdoc/>
    protected sealed override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) =>
        new State(this, latent, noise, firstTurn);

    private sealed class State(MultistepSampler sampler, ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn)
        : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly LatentHistory converted = new(sampler.order, latent.Length);
        private readonly float[] fresh = sampler.stochastic ? new float[latent.Length] : [];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var conversion = sampler.conversions[Turn];
            var newest = converted.Push();
            for (var i = 0; i < X.Length; i++) newest[i] = conversion.Of(X[i], prediction[i]);

            var row = sampler.rows[Turn][converted.Count - 1];
            for (var i = 0; i < X.Length; i++) X[i] = row.Of(X[i], converted, i);

            // A stochastic method draws at every turn, even where the weight is 0: the draw is part of the stream's order.
            if (!sampler.stochastic) return;
            noise.Draw(fresh);
            for (var i = 0; i < X.Length; i++) X[i] += row.Fresh * fresh[i];
        }
    }
}
