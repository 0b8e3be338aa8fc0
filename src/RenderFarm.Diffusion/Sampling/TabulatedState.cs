namespace RenderFarm.Diffusion.Sampling;

/// <summary>What every state of a <see cref="TabulatedSampler"/> shares: the latent, the count of turns, and the checks at the seam.</summary>
internal abstract class TabulatedState(TabulatedSampler sampler, ReadOnlySpan<float> latent, int firstTurn) : SamplerState
{
    private readonly int begun = firstTurn;
    private int done;

    /// <inheritdoc/>
    public sealed override ReadOnlySpan<float> Latent => X;

    /// <inheritdoc/>
    public sealed override int Turn => begun + done;

    /// <inheritdoc/>
    public sealed override bool Finished => Turn == sampler.TurnTimesteps.Length;

    /// <inheritdoc/>
    public sealed override float Timestep
    {
        get
        {
            CheckUnfinished();
            return sampler.TurnTimesteps[Turn];
        }
    }

    /// <summary>The latent, in C order.</summary>
    protected float[] X { get; } = latent.ToArray();

    /// <summary>Turns this state has done itself.</summary>
    protected int TurnsDone => done;

    /// <inheritdoc/>
    public sealed override void WriteInput(Span<float> input)
    {
        CheckUnfinished();
        CheckLength(input.Length, nameof(input));
        var divisor = sampler.Levels[Turn].InputDivisor;
        for (var i = 0; i < X.Length; i++) input[i] = X[i] / divisor;
    }

    /// <inheritdoc/>
    public sealed override void Advance(ReadOnlySpan<float> prediction)
    {
        CheckUnfinished();
        CheckLength(prediction.Length, nameof(prediction));
        Step(prediction);
        done++;
    }

    /// <inheritdoc/>
    public sealed override void Blend(ReadOnlySpan<float> other, ReadOnlySpan<float> share)
    {
        CheckLength(other.Length, nameof(other));
        CheckLength(share.Length, nameof(share));
        for (var i = 0; i < X.Length; i++) X[i] = (other[i] * share[i]) + (X[i] * (1 - share[i]));
    }

    /// <summary>Moves <see cref="X"/> on by the present turn. Plain float32 arithmetic in element order, so that bits do not depend on vector width.</summary>
    protected abstract void Step(ReadOnlySpan<float> prediction);

    private void CheckUnfinished()
    {
        if (Finished) throw new InvalidOperationException($"This image is finished: sampler '{sampler.Name}' has {Turn} turns.");
    }

    private void CheckLength(int length, string argument)
    {
        if (length != X.Length) throw new ArgumentException($"Expected {X.Length} elements, as the latent has, not {length}.", argument);
    }
}
