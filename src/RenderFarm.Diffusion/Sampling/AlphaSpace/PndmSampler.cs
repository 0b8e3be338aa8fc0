using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>
/// Pseudo numerical methods with their Runge–Kutta start: three steps of four evaluations each, then the linear multistep method on what they found. N+9 turns, N at
/// least 4.
/// </summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_pndm.py</c> without <c>skip_prk_steps</c> (Liu et al. 2022, arXiv:2202.09778, equations 9, 12 and 13,
/// algorithm 2). A run begins at its first turn only: in the middle there is no history to go on with.
/// </remarks>
internal sealed class PndmSampler : TabulatedSampler
{
    private const int StartSteps = 3;
    private const int Evaluations = 4;
    private const int StartTurns = StartSteps * Evaluations;

    private readonly PndmTransfer[] transfers;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public PndmSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(schedule, settings, TurnsOf(schedule, settings))
    {
    }

    private PndmSampler(TrainingSchedule schedule, SamplerSettings settings, int[] turns)
        : base(
            settings,
            Array.ConvertAll(turns, t => (float)t),
            Array.ConvertAll(turns, t => NoiseLevel.FromAlpha(schedule.AlphasCumprod[t])),
            initialNoiseScale: 1.0f)
    {
        var stride = schedule.TrainTimesteps / settings.Steps;
        transfers = new PndmTransfer[turns.Length];
        for (var turn = 0; turn < turns.Length; turn++)
        {
            // Even turns of a start step look half a stride ahead; odd turns are already where they lead.
            var (from, to) = turn >= StartTurns
                ? (turns[turn], turns[turn] - stride)
                : (turns[turn / Evaluations * Evaluations], turns[turn] - (turn % 2 == 0 ? stride / 2 : 0));
            transfers[turn] = PndmTransfer.Between(schedule, settings, from, to);
        }
    }

    /// <inheritdoc/>
    protected override string Beginnings => "turn 0";

    /// <inheritdoc/>
    protected override bool CanBeginAt(int turn) => turn == 0;

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) => new State(this, latent);

    private static int[] TurnsOf(TrainingSchedule schedule, SamplerSettings settings)
    {
        if (settings.Steps < Evaluations)
        {
            throw new ArgumentException(
                $"Sampler '{settings.Sampler}' cannot take {settings.Steps} steps: its start alone goes over {Evaluations} timesteps.", nameof(settings));
        }

        var points = TimestepSpacing.Rounded(TimestepSpacing.Points(schedule, settings));
        var half = schedule.TrainTimesteps / settings.Steps / 2;
        var turns = new List<int>();
        for (var step = 0; step < StartSteps; step++)
        {
            var middle = points[step + 1] + half;
            turns.AddRange([points[step], middle, middle, points[step + 1]]);
        }

        return [.. turns, .. points[StartSteps..]];
    }

    private sealed class State(PndmSampler sampler, ReadOnlySpan<float> latent) : TabulatedState(sampler, latent, firstTurn: 0)
    {
        private readonly LatentHistory predictions = new(4, latent.Length);
        private readonly float[] start = new float[latent.Length];
        private readonly float[] sum = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            if (Turn < StartTurns)
            {
                RungeKutta(prediction, Turn % Evaluations);
                return;
            }

            prediction.CopyTo(predictions.Push());
            AdamsBashforth.Extrapolate(predictions, sum);
            var transfer = sampler.transfers[Turn];
            for (var i = 0; i < X.Length; i++) X[i] = transfer.Apply(X[i], sum[i]);
        }

        private void RungeKutta(ReadOnlySpan<float> prediction, int evaluation)
        {
            if (evaluation == 0)
            {
                X.CopyTo(start, 0);
                Array.Clear(sum);
                prediction.CopyTo(predictions.Push());
            }

            // Weights 1/6, 1/3, 1/3, 1/6; only the last evaluation of a step moves with the weighted sum.
            var weight = evaluation is 0 or 3 ? 1.0f / 6 : 1.0f / 3;
            var transfer = sampler.transfers[Turn];
            for (var i = 0; i < X.Length; i++)
            {
                sum[i] += weight * prediction[i];
                X[i] = transfer.Apply(start[i], evaluation == 3 ? sum[i] : prediction[i]);
            }
        }
    }
}
