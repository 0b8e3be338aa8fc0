using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Engine;

/// <summary>One image in the engine: its sampler state, its prompts, and who waits for it.</summary>
internal sealed class Slot(
    SamplerState state,
    LatentShape shape,
    PromptEmbedding prompt,
    PromptEmbedding? negative,
    GuidanceSettings guidance,
    int turns,
    IProgress<GenerationProgress>? progress,
    CancellationToken cancellation,
    Inpainting? inpainting = null)
{
    private readonly TaskCompletionSource<float[]> _latent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[]? _guided = negative is null ? null : new float[shape.Length];

    private bool IsGuided => negative is not null && guidance.IsOnAt(state.Turn, turns);

    public LatentShape Shape => shape;

    /// <summary>Rows of a UNet call that this image takes at its next turn: two under guidance, which may begin late and end early.</summary>
    public int Rows => IsGuided ? 2 : 1;

    /// <summary>Sequence length of its embeddings.</summary>
    public int Tokens => prompt.Tokens;

    /// <summary>Width of its embeddings.</summary>
    public int TextWidth => prompt.Width;

    /// <summary>Timestep of the next turn.</summary>
    public float Timestep => state.Timestep;

    /// <summary>Number of the engine's turn that this image last took part in: who waited longest goes first.</summary>
    public long LastTurn { get; set; }

    /// <summary>Clock reading of its first turn; null before.</summary>
    public long? StartedAt { get; private set; }

    public bool IsCanceled => cancellation.IsCancellationRequested;

    public CancellationToken Cancellation => cancellation;

    public bool IsFinished => state.Finished;

    /// <summary>The final latent, once every turn is done.</summary>
    public Task<float[]> Latent => _latent.Task;

    /// <summary>The image got its slot: who watches it hears of turn 0.</summary>
    public void Start(long timestamp)
    {
        StartedAt = timestamp;
        progress?.Report(new GenerationProgress(0, turns));
    }

    /// <summary>Fills this image's rows, [negative, prompt] under guidance.</summary>
    public void Write(UNetCall call, int row)
    {
        state.WriteInput(call.Sample(row));
        call.SetTimestep(row, state.Timestep);
        if (!IsGuided)
        {
            call.SetText(row, prompt);
            return;
        }

        call.Sample(row).CopyTo(call.Sample(row + 1));
        call.SetTimestep(row + 1, state.Timestep);
        call.SetText(row, negative!);
        call.SetText(row + 1, prompt);
    }

    /// <summary>Takes the predictions of this image's rows and moves on by one turn.</summary>
    public void Read(UNetCall call, int row)
    {
        var turn = state.Turn;
        state.Advance(IsGuided ? Guide(call.Prediction(row), call.Prediction(row + 1)) : call.Prediction(row));
        inpainting?.Restore(state, turn);
        progress?.Report(new GenerationProgress(state.Turn, turns));
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
}
