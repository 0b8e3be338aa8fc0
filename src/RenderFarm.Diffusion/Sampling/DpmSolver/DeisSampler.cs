namespace RenderFarm.Diffusion.Sampling;

/// <summary>DEIS in log ρ, second order: integrates the line through the last two noise predictions over ln σ exactly. N turns.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_deis_multistep.py</c> with <c>solver_order=2</c> (Zhang and Chen 2022, arXiv:2204.13902, section 3.3).
/// It ends at the lowest training σ; with fewer than 15 steps the last is of first order.
/// </remarks>
internal sealed class DeisSampler : MultistepSampler
{
    private const int FewSteps = 15;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public DeisSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(settings, SigmaSchedule.DpmSolver(schedule, settings, endsAtSigmaMin: true))
    {
    }

    private DeisSampler(SamplerSettings settings, SigmaSchedule sigmas)
        : base(
            settings,
            sigmas.Timesteps,
            sigmas.PreservingLevels(),
            initialNoiseScale: 1.0f,
            Array.ConvertAll(sigmas.PreservingLevels(), level => Conversion.ToNoise(sigmas.Prediction, level.Signal, level.Noise)),
            order: 2,
            (turn, available) => RowAt(sigmas.Sigmas, turn, available))
    {
    }

    private static MultistepRow RowAt(float[] sigmas, int turn, int available)
    {
        var steps = sigmas.Length - 1;
        var (goal, present) = ((double)sigmas[turn + 1], (double)sigmas[turn]);
        if (available == 1 || (turn == steps - 1 && steps < FewSteps)) return DpmSolverWeights.Row(DpmSolverKind.Noise, goal, [present]);

        double earlier = sigmas[turn - 1];
        var (alpha, alphaFrom) = (DpmSolverWeights.Mix(goal).Alpha, DpmSolverWeights.Mix(present).Alpha);
        var newest = Integral(goal, present, earlier) - Integral(present, present, earlier);
        var older = Integral(goal, earlier, present) - Integral(present, earlier, present);
        return MultistepRow.Of(alpha / alphaFrom, [alpha * newest, alpha * older]);
    }

    /// <summary>∫ (ln ρ − ln zero) / (ln one − ln zero) dρ: of the line in ln ρ that is 1 at <paramref name="one"/> and 0 at <paramref name="zero"/>.</summary>
    private static double Integral(double rho, double one, double zero) =>
        rho * (Math.Log(rho) - Math.Log(zero) - 1) / (Math.Log(one) - Math.Log(zero));
}
