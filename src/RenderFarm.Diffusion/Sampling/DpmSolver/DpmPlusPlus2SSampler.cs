using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// DPM-Solver++ (2S): single steps of second order over pairs of levels, for the clean latent. The first turn of a pair steps to the middle level,
/// the second steps from the pair's beginning over both. N turns.
/// </summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_dpmsolver_singlestep.py</c> with <c>solver_order=2</c>, midpoint rule and <c>lower_order_final</c>
/// (Lu et al. 2022, arXiv:2211.01095, algorithm 1). Steps that have no partner are of first order: the last (σ = 0 needs it), the one before it where N is
/// even, and the first of a run that begins in the middle of a pair.
/// <para>diffusers lays its timesteps as "linspace" only; the other spacings are ours.</para>
/// </remarks>
internal sealed class DpmPlusPlus2SSampler : TabulatedSampler
{
    private readonly Conversion[] conversions;
    private readonly MultistepRow[] first;
    private readonly MultistepRow?[] second;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public DpmPlusPlus2SSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(settings, SigmaSchedule.DpmSolver(schedule, settings))
    {
    }

    private DpmPlusPlus2SSampler(SamplerSettings settings, SigmaSchedule sigmas)
        : base(settings, sigmas.Timesteps, sigmas.PreservingLevels(), initialNoiseScale: 1.0f)
    {
        conversions = Array.ConvertAll(Levels, level => Conversion.ToClean(sigmas.Prediction, level.Signal, level.Noise));
        first = new MultistepRow[Levels.Length];
        second = new MultistepRow?[Levels.Length];
        for (var turn = 0; turn < first.Length; turn++)
        {
            first[turn] = DpmSolverWeights.Row(DpmSolverKind.Clean, sigmas.Sigmas[turn + 1], [sigmas.Sigmas[turn]]).CheckedFinite(settings, turn);
            if (turn % 2 == 1 && turn < first.Length - 1) second[turn] = WholePair(sigmas.Sigmas, turn).CheckedFinite(settings, turn);
        }
    }

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) => new State(this, latent, firstTurn);

    /// <summary>The step from level turn−1 to level turn+1 with predictions at turn−1 and turn.</summary>
    private static MultistepRow WholePair(float[] sigmas, int turn)
    {
        var (alpha, sigma, lambda) = DpmSolverWeights.Mix(sigmas[turn + 1]);
        var (_, sigmaFrom, lambdaFrom) = DpmSolverWeights.Mix(sigmas[turn - 1]);
        var h = lambda - lambdaFrom;
        var r = (DpmSolverWeights.Mix(sigmas[turn]).Lambda - lambdaFrom) / h;
        var all = alpha * (1 - Math.Exp(-h));
        var slope = 0.5 * all / r;
        return MultistepRow.Of(sigma / sigmaFrom, [slope, all - slope]);
    }

    private sealed class State(DpmPlusPlus2SSampler sampler, ReadOnlySpan<float> latent, int firstTurn) : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly LatentHistory clean = new(2, latent.Length);
        private readonly float[] start = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            var conversion = sampler.conversions[Turn];
            var newest = clean.Push();
            for (var i = 0; i < X.Length; i++) newest[i] = conversion.Of(X[i], prediction[i]);

            if (TurnsDone > 0 && sampler.second[Turn] is { } pair)
            {
                for (var i = 0; i < X.Length; i++) X[i] = pair.Of(start[i], clean, i);
                return;
            }

            X.CopyTo(start, 0);
            var row = sampler.first[Turn];
            for (var i = 0; i < X.Length; i++) X[i] = row.Of(X[i], clean, i);
        }
    }
}
