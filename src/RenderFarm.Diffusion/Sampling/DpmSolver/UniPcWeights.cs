namespace RenderFarm.Diffusion.Sampling;

/// <summary>Which function B(h) scales the residuals of UniPC.</summary>
internal enum UniPcScale
{
    /// <summary>B(h) = h.</summary>
    Bh1,

    /// <summary>B(h) = eʰ − 1.</summary>
    Bh2,
}

/// <summary>
/// Weights of UniPC's predictor and corrector for the clean latent (Zhao et al. 2023, arXiv:2302.04867, algorithms 5 to 8) as written in diffusers'
/// <c>scheduling_unipc_multistep.py</c> with <c>predict_x0</c>.
/// </summary>
/// <remarks>
/// Notation: h = λ of the goal − λ of the level stepped from, −h stands in for h where the clean latent is predicted, rₖ = distance to an earlier level over h,
/// Dₖ = (mₖ − m₀)/rₖ, ρ = solution of Σ ρₖ rₖⁱ⁻¹ = bᵢ with bᵢ = i!·φᵢ₊₁(−h)·(−h)/B.
/// </remarks>
internal static class UniPcWeights
{
    /// <summary>The step ahead: x' = s·x + Σ wⱼ mⱼ, m₀ being the prediction at <c>levels[0]</c>.</summary>
    /// <param name="scale">B(h).</param>
    /// <param name="goal">σ over α stepped to; 0 takes first order.</param>
    /// <param name="levels">σ over α of the present and earlier levels, newest first; their number is the order.</param>
    public static MultistepRow Predictor(UniPcScale scale, double goal, ReadOnlySpan<double> levels)
    {
        var step = new Step(scale, goal, levels);
        double[] rho = levels.Length switch
        {
            1 => [],
            2 => [0.5],
            _ => Solve(step.Ratios[..^1], step.Moments[..^1]),
        };
        return step.Row(rho, []);
    }

    /// <summary>The same step again, once the prediction at the goal is known: it becomes m₀, the earlier ones move up by one.</summary>
    /// <inheritdoc cref="Predictor"/>
    public static MultistepRow Corrector(UniPcScale scale, double goal, ReadOnlySpan<double> levels)
    {
        var step = new Step(scale, goal, levels);
        var rho = levels.Length == 1 ? [0.5] : Solve(step.Ratios, step.Moments);
        return step.Row(rho[..^1], [rho[^1]]);
    }

    /// <summary>ρ with Σ ρₖ rₖⁱ = bᵢ, by elimination; the rₖ are distinct, so pivots along the diagonal do.</summary>
    private static double[] Solve(double[] ratios, double[] moments)
    {
        var size = ratios.Length;
        var rho = (double[])moments.Clone();
        var matrix = new double[size, size];
        for (var row = 0; row < size; row++)
        {
            for (var k = 0; k < size; k++) matrix[row, k] = Math.Pow(ratios[k], row);
        }

        for (var pivot = 0; pivot < size; pivot++)
        {
            for (var row = 0; row < size; row++)
            {
                if (row == pivot) continue;
                var factor = matrix[row, pivot] / matrix[pivot, pivot];
                for (var k = pivot; k < size; k++) matrix[row, k] -= factor * matrix[pivot, k];
                rho[row] -= factor * rho[pivot];
            }
        }

        for (var k = 0; k < size; k++) rho[k] /= matrix[k, k];
        return rho;
    }

    /// <summary>What predictor and corrector share for one step.</summary>
    private readonly ref struct Step
    {
        private readonly double sample;
        private readonly double newest;
        private readonly double residual;

        public Step(UniPcScale scale, double goal, ReadOnlySpan<double> levels)
        {
            var (alpha, sigma, lambda) = DpmSolverWeights.Mix(goal);
            var (_, sigmaFrom, lambdaFrom) = DpmSolverWeights.Mix(levels[0]);
            var h = lambda - lambdaFrom;
            var growth = Math.Exp(-h) - 1;
            var scaled = scale == UniPcScale.Bh1 ? -h : growth;
            sample = sigma / sigmaFrom;
            newest = -alpha * growth;
            residual = -alpha * scaled;
            Ratios = new double[levels.Length];
            Moments = new double[levels.Length];
            Ratios[^1] = 1;
            for (var age = 1; age < levels.Length; age++) Ratios[age - 1] = (DpmSolverWeights.Mix(levels[age]).Lambda - lambdaFrom) / h;
            FillMoments(-h, growth, scaled);
        }

        /// <summary>rₖ of the earlier levels, then 1 for the goal.</summary>
        public double[] Ratios { get; }

        /// <summary>bᵢ.</summary>
        public double[] Moments { get; }

        /// <summary>Turns ρ into weights: of the earlier predictions, and of the one at the goal where there is one (at most one).</summary>
        public MultistepRow Row(double[] earlier, double[] atGoal)
        {
            var known = atGoal.Length;
            var weights = new double[known + 1 + earlier.Length];
            weights[known] = newest;
            for (var k = 0; k < earlier.Length; k++)
            {
                weights[known + 1 + k] = residual * earlier[k] / Ratios[k];
                weights[known] -= residual * earlier[k] / Ratios[k];
            }

            if (known == 1)
            {
                weights[0] = residual * atGoal[0];
                weights[1] -= residual * atGoal[0];
            }

            return MultistepRow.Of(sample, weights);
        }

        private void FillMoments(double h, double growth, double scaled)
        {
            var factorial = 1.0;
            var phi = (growth / h) - 1;
            for (var i = 0; i < Moments.Length; i++)
            {
                Moments[i] = phi * factorial / scaled;
                factorial *= i + 2;
                phi = (phi / h) - (1 / factorial);
            }
        }
    }
}
