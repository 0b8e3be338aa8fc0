namespace RenderFarm.Diffusion.Sampling;

/// <summary>The βs of a training schedule, in the float32 steps of diffusers' <c>scheduling_ddim.py</c>.</summary>
internal static class BetaSchedule
{
    private const double MaxCosineBeta = 0.999;

    /// <summary>β per training timestep.</summary>
    /// <exception cref="ArgumentException">The beta schedule is unknown.</exception>
    public static float[] Compute(TrainingScheduleOptions options)
    {
        var betas = options switch
        {
            { TrainedBetas: { } trained } => [.. trained.Select(beta => (float)beta)],
            { BetaSchedule: "linear" } => Linspace(options.BetaStart, options.BetaEnd, options.TrainTimesteps),
            { BetaSchedule: "scaled_linear" } => ScaledLinear(options),
            { BetaSchedule: "squaredcos_cap_v2" } => Cosine(options.TrainTimesteps),
            _ => throw new ArgumentException(
                $"BetaSchedule is '{options.BetaSchedule}'; known are scaled_linear, linear and squaredcos_cap_v2.", nameof(options)),
        };
        return options.RescaleZeroTerminalSnr ? RescaleToZeroTerminalSnr(betas) : betas;
    }

    /// <summary>ᾱ per training timestep. torch accumulates in double and stores float32.</summary>
    public static float[] CumulativeAlphas(float[] betas)
    {
        var alphas = new float[betas.Length];
        var product = 1.0;
        for (var t = 0; t < betas.Length; t++)
        {
            product *= 1.0f - betas[t];
            alphas[t] = (float)product;
        }

        return alphas;
    }

    private static float[] ScaledLinear(TrainingScheduleOptions options)
    {
        var betas = Linspace(Math.Sqrt(options.BetaStart), Math.Sqrt(options.BetaEnd), options.TrainTimesteps);
        for (var t = 0; t < betas.Length; t++) betas[t] *= betas[t];
        return betas;
    }

    /// <summary>torch's float32 <c>linspace</c>: it walks from both ends to the middle.</summary>
    private static float[] Linspace(double first, double last, int count)
    {
        var (start, end) = ((float)first, (float)last);
        var step = (end - start) / (count - 1);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = i < count / 2 ? start + (step * i) : end - (step * (count - i - 1));
        }

        return values;
    }

    /// <summary>Nichol and Dhariwal 2021, equation 17, with β capped.</summary>
    private static float[] Cosine(int count)
    {
        var betas = new float[count];
        for (var t = 0; t < count; t++)
        {
            var alphaRatio = AlphaBar((t + 1.0) / count) / AlphaBar((double)t / count);
            betas[t] = (float)Math.Min(1 - alphaRatio, MaxCosineBeta);
        }

        return betas;

        static double AlphaBar(double time)
        {
            var cosine = Math.Cos((time + 0.008) / 1.008 * Math.PI / 2);
            return cosine * cosine;
        }
    }

    /// <summary>Lin et al. 2023 (arXiv:2305.08891), algorithm 1: shift and stretch √ᾱ so that it ends at 0 and begins where it did.</summary>
    private static float[] RescaleToZeroTerminalSnr(float[] betas)
    {
        var roots = Array.ConvertAll(CumulativeAlphas(betas), MathF.Sqrt);
        var (first, last) = (roots[0], roots[^1]);
        var stretch = first / (first - last);
        var alphasBar = Array.ConvertAll(roots, root => (root - last) * stretch * ((root - last) * stretch));
        var rescaled = new float[betas.Length];
        for (var t = 0; t < betas.Length; t++)
        {
            rescaled[t] = 1.0f - (t == 0 ? alphasBar[0] : alphasBar[t] / alphasBar[t - 1]);
        }

        return rescaled;
    }
}
