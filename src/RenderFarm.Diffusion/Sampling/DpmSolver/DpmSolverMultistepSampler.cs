namespace RenderFarm.Diffusion.Sampling;

/// <summary>What tells the multistep samplers of the DPM-Solver family apart.</summary>
internal sealed record DpmSolverVariant
{
    /// <summary>The equation integrated.</summary>
    public DpmSolverKind Kind { get; init; }

    /// <summary>1 to 3.</summary>
    public int Order { get; init; } = 2;

    /// <summary>Second order by Heun's rule rather than the midpoint's.</summary>
    public bool Heun { get; init; }

    /// <summary>First order at the last step, whatever the step count.</summary>
    public bool EulerAtFinal { get; init; }

    /// <summary>The last step ends at the lowest training σ rather than at 0.</summary>
    public bool EndsAtSigmaMin { get; init; }
}

/// <summary>DPM-Solver multistep in its variants. N turns.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_dpmsolver_multistep.py</c> with <c>lower_order_final</c>. The last step falls to first order when it
/// goes to σ = 0 (λ is infinite there), when there are fewer than 15 steps, or when the variant asks; with fewer than 15 steps the
/// step before it falls to second.
/// <para>Limitations: no thresholding, no learned variance, no Lu lambdas.</para>
/// </remarks>
internal abstract class DpmSolverMultistepSampler : MultistepSampler
{
    private const int FewSteps = 15;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    protected DpmSolverMultistepSampler(TrainingSchedule schedule, SamplerSettings settings, DpmSolverVariant variant)
        : this(settings, variant, SigmaSchedule.DpmSolver(schedule, settings, variant.EndsAtSigmaMin))
    {
    }

    private DpmSolverMultistepSampler(SamplerSettings settings, DpmSolverVariant variant, SigmaSchedule sigmas)
        : base(
            settings,
            sigmas.Timesteps,
            sigmas.PreservingLevels(),
            initialNoiseScale: 1.0f,
            Array.ConvertAll(sigmas.PreservingLevels(), level => ConversionAt(level, sigmas.Prediction, variant.Kind)),
            variant.Order,
            (turn, available) => RowAt(sigmas, variant, turn, Math.Min(available, MostOrder(sigmas, variant, turn))))
    {
    }

    private static Conversion ConversionAt(NoiseLevel level, PredictionType prediction, DpmSolverKind kind) => kind == DpmSolverKind.Noise
        ? Conversion.ToNoise(prediction, level.Signal, level.Noise)
        : Conversion.ToClean(prediction, level.Signal, level.Noise);

    private static int MostOrder(SigmaSchedule sigmas, DpmSolverVariant variant, int turn)
    {
        var steps = sigmas.Timesteps.Length;
        if (turn == steps - 1 && (variant.EulerAtFinal || !variant.EndsAtSigmaMin || steps < FewSteps)) return 1;
        return turn == steps - 2 && steps < FewSteps ? Math.Min(2, variant.Order) : variant.Order;
    }

    private static MultistepRow RowAt(SigmaSchedule sigmas, DpmSolverVariant variant, int turn, int order)
    {
        Span<double> levels = stackalloc double[order];
        for (var age = 0; age < order; age++) levels[age] = sigmas.Sigmas[turn - age];
        return DpmSolverWeights.Row(variant.Kind, sigmas.Sigmas[turn + 1], levels, variant.Heun);
    }
}
