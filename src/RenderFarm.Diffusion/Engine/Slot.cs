using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Sampling;

namespace RenderFarm.Diffusion.Engine;

/// <summary>One image in the engine: its sampler state, what its rows are told, and who waits for it.</summary>
internal sealed class Slot(
    SamplerState state,
    LatentShape shape,
    Conditioning prompt,
    Conditioning? negative,
    GuidanceSettings guidance,
    int turns,
    IProgress<GenerationProgress>? progress,
    CancellationToken cancellation,
    Inpainting? inpainting = null) : ITurnCandidate
{
    private readonly TaskCompletionSource<float[]> _latent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[]? _guided = negative is null ? null : new float[shape.Length];

    private bool IsGuided => negative is not null && guidance.IsOnAt(state.Turn, turns);

    /// <inheritdoc />
    public CallShape Shape { get; } = CallShape.Of(shape, prompt);

    /// <summary>Rows of a UNet call that this image takes at its next turn: two under guidance, which may begin late and end early.</summary>
    public int Rows => IsGuided ? 2 : 1;

    /// <inheritdoc />
    public int TurnsLeft => turns - state.Turn;

    /// <inheritdoc />
    public float Timestep => state.Timestep;

    /// <inheritdoc />
    public long Due { get; set; }

    /// <summary>Clock reading of its first turn; null before.</summary>
    public long? StartedAt { get; private set; }

    public bool IsCanceled => cancellation.IsCancellationRequested;

    public CancellationToken Cancellation => cancellation;

    public bool IsFinished => state.Finished;

    /// <summary>The final latent, once every turn is done.</summary>
    public Task<float[]> Latent => _latent.Task;

    /// <summary>The image takes part in its first call: who watches it hears of turn 0. Later calls do nothing.</summary>
    public void Start(long timestamp)
    {
        if (StartedAt is not null) return;
        StartedAt = timestamp;
        Report(0);
    }

    /// <summary>Fills this image's rows, [negative, prompt] under guidance.</summary>
    public void Write(IDenoiserCall call, int row)
    {
        state.WriteInput(call.Sample(row));
        call.SetTimestep(row, state.Timestep);
        if (!IsGuided)
        {
            call.SetConditioning(row, prompt);
            return;
        }

        call.Sample(row).CopyTo(call.Sample(row + 1));
        call.SetTimestep(row + 1, state.Timestep);
        call.SetConditioning(row, negative!);
        call.SetConditioning(row + 1, prompt);
    }

    /// <summary>Takes the predictions of this image's rows and moves on by one turn.</summary>
    public void Read(IDenoiserCall call, int row)
    {
        var turn = state.Turn;
        state.Advance(IsGuided ? Guide(call.Prediction(row), call.Prediction(row + 1)) : call.Prediction(row));
        inpainting?.Restore(state, turn);
        Report(state.Turn);
    }

    private ReadOnlySpan<float> Guide(ReadOnlySpan<float> unconditional, ReadOnlySpan<float> conditional)
    {
        ClassifierFreeGuidance.Combine(unconditional, conditional, (float)guidance.Scale, _guided);
        if (guidance.Rescale > 0) ClassifierFreeGuidance.Rescale(_guided, conditional, guidance.Rescale);
        return _guided;
    }

    /// <summary>False as soon as one number of the latent is infinite or NaN.</summary>
    public bool IsFinite()
    {
        foreach (var value in state.Latent)
        {
            if (!float.IsFinite(value)) return false;
        }

        return true;
    }

    public void Complete() => _latent.TrySetResult(state.Latent.ToArray());

    public void Cancel() => _latent.TrySetCanceled(cancellation.IsCancellationRequested ? cancellation : new CancellationToken(true));

    public void Fail(Exception error) => _latent.TrySetException(error);

    // A watcher that throws must harm neither the engine's thread nor the neighbours: its own image fails with what it threw.
    private void Report(int turn)
    {
        try
        {
            progress?.Report(new GenerationProgress(turn, turns));
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }
}
