using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Text;

/// <summary>
/// Token ids to embedding: one chunk a call, so that an embedding never depends on which others were asked for beside it. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Stable Diffusion 1 and 2 take the last layer, and an earlier one only after the final norm; SDXL takes the last but one as it is
/// (diffusers' <c>encode_prompt</c> of both pipelines).
/// </remarks>
internal sealed class ClipTextEncoder : IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly TextEncoderLayout _layout;
    private readonly bool _penultimate;
    private readonly FinalLayerNorm? _norm;

    /// <param name="graph">Owned from now on.</param>
    /// <param name="penultimate">Whether layers are counted from the last but one, and not normed: SDXL.</param>
    /// <exception cref="CheckpointException">The graph is no text encoder of that kind; the message says what it lacks.</exception>
    public ClipTextEncoder(OnnxGraph graph, bool penultimate = false)
    {
        _graph = graph;
        _layout = TextEncoderLayout.Read(graph.Interface);
        _penultimate = penultimate;
        Width = _layout.Width ?? throw new CheckpointException(graph.File, "its embedding does not declare its width");
        if (penultimate && _layout.Layers.Count < 2 && _layout.Penultimate is null)
            throw new CheckpointException(graph.File, $"SDXL takes its last layer but one (outputs hidden_states.k), but it gives only {string.Join(", ", graph.Outputs.Select(output => output.Name))}");
        if (!penultimate && _layout.Last is null) graph.Output("last_hidden_state");
        if (!penultimate && _layout.Layers.Count > 0) _norm = FinalLayerNorm.Read(graph.File, Width);
    }

    /// <summary>Width of an embedding.</summary>
    public int Width { get; }

    /// <summary>Width of the pooled embedding; 0 where the encoder gives none.</summary>
    public int PooledWidth => _layout.PooledWidth ?? 0;

    private int DeepestSkip => _penultimate ? Math.Max(1, _layout.Layers.Count - 1) : _norm is null ? 1 : Math.Max(1, _layout.Layers.Count);

    /// <summary>Refuses a layer that the graph does not give.</summary>
    /// <exception cref="GenerationException">There is no such layer; the message says which there are.</exception>
    public void RequireLayer(int clipSkip)
    {
        var deepest = DeepestSkip;
        if (clipSkip >= 1 && clipSkip <= deepest) return;
        var why = _layout.Layers.Count == 0 ? $", because this checkpoint's text encoder gives only its last layer{(_penultimate ? " but one" : "")} (it has no outputs hidden_states.k)"
            : _norm is null && !_penultimate ? ", because the final layer norm of this checkpoint's text encoder cannot be read from its graph" : "";
        throw new GenerationException(
            GenerationError.BadRequest,
            FormattableString.Invariant($"clip_skip is {clipSkip}; allowed: {(deepest == 1 ? "1" : FormattableString.Invariant($"1…{deepest}"))}{why}."));
    }

    /// <summary>Encodes one chunk.</summary>
    /// <param name="ids">Token ids, as many as the context length.</param>
    /// <param name="clipSkip">Layer to take, counted from the end; 1 is the last, for SDXL the last but one. See <see cref="RequireLayer"/>.</param>
    /// <param name="embedding">Receives ids × <see cref="Width"/> numbers in C order.</param>
    /// <param name="pooled">Receives <see cref="PooledWidth"/> numbers; empty where nobody wants them.</param>
    public void Encode(int[] ids, int clipSkip, Span<float> embedding, Span<float> pooled = default)
    {
        RequireLayer(clipSkip);
        var layer = Layer(clipSkip);
        using var input = Ids(ids);
        using var hidden = new FloatTensor(layer.ElementType, _layout.Rows, ids.Length, Width);
        using var projected = pooled.IsEmpty ? null : new FloatTensor(_layout.Pooled!.ElementType, _layout.Rows, PooledWidth);
        using var binding = _graph.Bind();
        using var options = new RunOptions();
        binding.BindInput(_layout.Ids.Name, input);
        binding.BindOutput(layer.Name, hidden.Value);
        if (projected is not null) binding.BindOutput(_layout.Pooled!.Name, projected.Value);
        _graph.Run(options, binding);
        hidden.FromGraph();
        hidden.Values[..embedding.Length].CopyTo(embedding);
        projected?.FromGraph();
        projected?.Values[..pooled.Length].CopyTo(pooled);
        if (clipSkip > 1) _norm?.Apply(embedding);
    }

    private TensorSpec Layer(int clipSkip) =>
        _penultimate ? _layout.Layers.Count > 0 ? _layout.Layers[^(clipSkip + 1)] : _layout.Penultimate!
        : clipSkip == 1 ? _layout.Last! : _layout.Layers[^clipSkip];

    /// <summary>The ids as the graph takes them, once for each of the rows it insists on.</summary>
    private OrtValue Ids(int[] ids)
    {
        int[] rows = [.. Enumerable.Repeat(ids, _layout.Rows).SelectMany(row => row)];
        long[] shape = [_layout.Rows, ids.Length];
        return _layout.Ids.ElementType == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory([.. rows.Select(id => (long)id)], shape)
            : OrtValue.CreateTensorValueFromMemory(rows, shape);
    }

    public void Dispose() => _graph.Dispose();
}
