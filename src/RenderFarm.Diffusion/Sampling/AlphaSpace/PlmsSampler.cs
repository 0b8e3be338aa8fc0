using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>Pseudo linear multistep: Adams–Bashforth over past predictions with the transfer of PNDM; N+1 turns.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_pndm.py</c> with <c>skip_prk_steps</c> (Liu et al. 2022, arXiv:2202.09778, equations 9
/// and 12). The second timestep is visited twice: the first step is taken, then taken again with the mean of both ends.
/// A run that begins later (image to image) starts the same way at its own first turn, although its timesteps do not repeat; diffusers does so too.
/// </remarks>
internal sealed class PlmsSampler : TabulatedSampler
{
    private readonly PndmTransfer[] forward;
    private readonly PndmTransfer[] repeated;

    /// <summary>Works out the turns.</summary>
    /// <exception cref="ArgumentException">The combination is refused; the message names it.</exception>
    public PlmsSampler(TrainingSchedule schedule, SamplerSettings settings)
        : this(schedule, settings, TurnsOf(schedule, settings))
    {
    }

    private PlmsSampler(TrainingSchedule schedule, SamplerSettings settings, int[] turns)
        : base(
            settings,
            Array.ConvertAll(turns, t => (float)t),
            Array.ConvertAll(turns, t => NoiseLevel.FromAlpha(schedule.AlphasCumprod[t])),
            initialNoiseScale: 1.0f)
    {
        var stride = schedule.TrainTimesteps / settings.Steps;
        forward = Array.ConvertAll(turns, t => PndmTransfer.Between(schedule, settings, t, t - stride));
        repeated = new PndmTransfer[turns.Length];
        for (var turn = 1; turn < turns.Length; turn++)
        {
            repeated[turn] = PndmTransfer.Between(schedule, settings, turns[turn] + stride, turns[turn]);
        }
    }

    /// <inheritdoc/>
    protected override SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn) => new State(this, latent, firstTurn);

    private static int[] TurnsOf(TrainingSchedule schedule, SamplerSettings settings)
    {
        var points = TimestepSpacing.Rounded(TimestepSpacing.Points(schedule, settings));
        return points.Length == 1 ? points : [points[0], points[1], .. points[1..]];
    }

    private sealed class State(PlmsSampler sampler, ReadOnlySpan<float> latent, int firstTurn) : TabulatedState(sampler, latent, firstTurn)
    {
        private readonly LatentHistory predictions = new(4, latent.Length);
        private readonly float[] start = new float[latent.Length];
        private readonly float[] carrying = new float[latent.Length];

        protected override void Step(ReadOnlySpan<float> prediction)
        {
            if (TurnsDone == 1)
            {
                RepeatFirstStep(prediction);
                return;
            }

            if (TurnsDone == 0) X.CopyTo(start, 0);
            prediction.CopyTo(predictions.Push());
            AdamsBashforth.Extrapolate(predictions, carrying);
            var transfer = sampler.forward[Turn];
            for (var i = 0; i < X.Length; i++) X[i] = transfer.Apply(X[i], carrying[i]);
        }

        private void RepeatFirstStep(ReadOnlySpan<float> prediction)
        {
            var transfer = sampler.repeated[Turn];
            var first = predictions[0];
            for (var i = 0; i < X.Length; i++) X[i] = transfer.Apply(start[i], (prediction[i] + first[i]) / 2);
        }
    }
}
