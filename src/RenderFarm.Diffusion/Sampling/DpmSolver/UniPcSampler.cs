using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>What tells the settings of UniPC apart.</summary>
internal sealed record UniPcVariant
{
    /// <summary>1 to 3.</summary>
    public int Order { get; init; } = 2;

    /// <summary>B(h).</summary>
    public UniPcScale Scale { get; init; } = UniPcScale.Bh2;

    /// <summary>The last step ends at the lowest training σ rather than at 0 (diffusers before 0.28).</summary>
    public bool EndsAtSigmaMin { get; init; }
}

/// <summary>
/// UniPC: a multistep predictor, and a corrector that takes each step again with the prediction at its end, without evaluating the UNet for it. N turns.
/// </summary>
/// <remarks>
/// This implementation matches diffusers 0.31's <c>scheduling_unipc_multistep.py</c> with <c>predict_x0</c> and <c>lower_order_final</c> (Zhao et al. 2023,
/// arXiv:2302.04867); the usual settings are order 2, bh2, ending at σ = 0. Each turn first corrects the latent it was given, then steps on from there. The order falls
/// to 1 towards the last step.
/// </remarks>
internal sealed class UniPcSampler : TabulatedSampler
{
    private readonly int order;
    private readonly Conversion[] conversions;
    private readonly MultistepRow[][] predictors;
    private readonly MultistepRow[][] correctors;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public UniPcSampler(TrainingSchedule schedule, SamplerSettings settings, UniPcVariant? variant = null)
        : this(settings, variant ?? new UniPcVariant(), SigmaSchedule.DpmSolver(schedule, settings, variant?.EndsAtSigmaMin ?? false))
    {
    }

    private UniPcSampler(SamplerSettings settings, UniPcVariant variant, SigmaSchedule sigmas)
        : base(settings, sigmas.Timesteps, sigmas.PreservingLevels(), initialNoiseScale: 1.0f)
    {
        order = variant.Order;
        conversions = Array.ConvertAll(Levels, level => Conversion.ToClean(sigmas.Prediction, level.Signal, level.Noise));
        predictors = new MultistepRow[Levels.Length][];
        correctors = new MultistepRow[Levels.Length][];
        for (var turn = 0; turn < Levels.Length; turn++)
        {
            var most = Math.Min(MostOrder(turn), turn + 1);
            predictors[turn] = new MultistepRow[most];
            correctors[turn] = new MultistepRow[most];
            for (var taken = 1; taken <= most; taken++)
            {
                var levels = Array.ConvertAll(sigmas.Sigmas[(turn - taken + 1)..(turn + 1)], sigma => (double)sigma);
                Array.Reverse(levels);
                predictors[turn][taken - 1] = UniPcWeights.Predictor(variant.Scale, sigmas.Sigmas[turn + 1], levels).CheckedFinite(settings, turn);

                // The step to the last level is never taken again: nothing is predicted there.
                if (turn + 1 == Levels.Length) continue;
                correctors[turn][taken - 1] = UniPcWeights.Corrector(variant.Scale, sigmas.Sigmas[turn + 1], levels).CheckedFinite(settings, turn);
            }
        }
    }

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) => new State(this, latent, firstTurn);

    private int MostOrder(int turn) => Math.Min(order, Levels.Length - turn);

    private sealed class State(UniPcSampler sampler, ReadOnlySpan<float> latent, int firstTurn) : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly LatentHistory clean = new(sampler.order + 1, latent.Length);
        private readonly float[] last = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var conversion = sampler.conversions[Turn];
            var newest = clean.Push();
            for (var i = 0; i < X.Length; i++) newest[i] = conversion.Of(X[i], prediction[i]);

            if (TurnsDone > 0)
            {
                var corrector = sampler.correctors[Turn - 1][Math.Min(sampler.MostOrder(Turn - 1), TurnsDone) - 1];
                for (var i = 0; i < X.Length; i++) X[i] = corrector.Of(last[i], clean, i);
            }

            X.CopyTo(last, 0);
            var predictor = sampler.predictors[Turn][Math.Min(sampler.MostOrder(Turn), TurnsDone + 1) - 1];
            for (var i = 0; i < X.Length; i++) X[i] = predictor.Of(X[i], clean, i);
        }
    }
}
