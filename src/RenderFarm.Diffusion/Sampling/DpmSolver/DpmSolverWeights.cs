namespace RenderFarm.Diffusion.Sampling;

/// <summary>Which equation of the DPM-Solver papers is integrated.</summary>
internal enum DpmSolverKind
{
    /// <summary>The ODE of the clean latent (DPM-Solver++).</summary>
    Clean,

    /// <summary>The ODE of the noise (DPM-Solver).</summary>
    Noise,

    /// <summary>The SDE of the clean latent (SDE-DPM-Solver++).</summary>
    CleanSde,
}

/// <summary>
/// Weights of one exponential multistep step between noise levels, after Lu et al. 2022 (arXiv:2211.01095, algorithm 2 and appendix) as written in
/// diffusers' <c>scheduling_dpmsolver_multistep.py</c>.
/// </summary>
/// <remarks>
/// Notation: α and σ of the variance-preserving mix at a level, λ = ln α − ln σ (half the log of signal over noise), h = λ of the goal − λ of the present level,
/// r = distances between earlier levels over h, Dₖ = k-th divided difference of the converted predictions.
/// </remarks>
internal static class DpmSolverWeights
{
    /// <summary>The step from <c>levels[0]</c> to <paramref name="goal"/>.</summary>
    /// <param name="kind">The equation.</param>
    /// <param name="goal">σ over α of the level stepped to; 0 is the clean end, reached by first order only.</param>
    /// <param name="levels">σ over α of the present and earlier levels, newest first; their number, 1 to 3, is the order.</param>
    /// <param name="heun">Whether second order weighs its difference by Heun's rule rather than the midpoint's.</param>
    public static MultistepRow Row(DpmSolverKind kind, double goal, ReadOnlySpan<double> levels, bool heun = false)
    {
        if (kind != DpmSolverKind.Clean && (heun || levels.Length == 3))
            throw new NotSupportedException($"Heun's rule and third order are there for {DpmSolverKind.Clean} only, not for {kind}.");
        var (alpha, sigma, lambda) = Mix(goal);
        var (alphaFrom, sigmaFrom, lambdaFrom) = Mix(levels[0]);
        var h = lambda - lambdaFrom;
        var (sample, newest, slope, fresh) = kind switch
        {
            DpmSolverKind.Noise => (alpha / alphaFrom, -sigma * (Math.Exp(h) - 1), -0.5 * sigma * (Math.Exp(h) - 1), 0.0),
            DpmSolverKind.CleanSde => (
                sigma / sigmaFrom * Math.Exp(-h),
                alpha * (1 - Math.Exp(-2 * h)),
                0.5 * alpha * (1 - Math.Exp(-2 * h)),
                sigma * Math.Sqrt(1 - Math.Exp(-2 * h))),
            _ => (sigma / sigmaFrom, alpha * (1 - Math.Exp(-h)), 0.5 * alpha * (1 - Math.Exp(-h)), 0.0),
        };
        if (heun || levels.Length == 3) slope = alpha * (((Math.Exp(-h) - 1) / h) + 1);
        var weights = levels.Length switch
        {
            1 => [newest],
            2 => SecondOrder(newest, slope, (lambdaFrom - Mix(levels[1]).Lambda) / h),
            _ => ThirdOrder(alpha, h, newest, slope, levels),
        };
        return MultistepRow.Of(sample, weights, fresh);
    }

    /// <summary>α, σ and λ of a level given by σ over α.</summary>
    public static (double Alpha, double Sigma, double Lambda) Mix(double ratio)
    {
        var alpha = 1 / Math.Sqrt((ratio * ratio) + 1);
        return (alpha, ratio * alpha, -Math.Log(ratio));
    }

    /// <summary>newest·m₀ + slope·D₁ with D₁ = (m₀ − m₁)/r.</summary>
    private static double[] SecondOrder(double newest, double slope, double r) => [newest + (slope / r), -slope / r];

    /// <summary>newest·m₀ + slope·D₁ + bend·D₂ over three levels.</summary>
    private static double[] ThirdOrder(double alpha, double h, double newest, double slope, ReadOnlySpan<double> levels)
    {
        var (l0, l1, l2) = (Mix(levels[0]).Lambda, Mix(levels[1]).Lambda, Mix(levels[2]).Lambda);
        var (r0, r1) = ((l0 - l1) / h, (l1 - l2) / h);
        var bend = -alpha * (((Math.Exp(-h) - 1 + h) / (h * h)) - 0.5);

        // D₁ = n + r0/(r0+r1)·(n − o) and D₂ = (n − o)/(r0+r1), where n = (m₀ − m₁)/r0 and o = (m₁ − m₂)/r1.
        var forNewer = (slope * (1 + (r0 / (r0 + r1)))) + (bend / (r0 + r1));
        var forOlder = -((slope * r0) + bend) / (r0 + r1);
        return [newest + (forNewer / r0), (forOlder / r1) - (forNewer / r0), -forOlder / r1];
    }
}
