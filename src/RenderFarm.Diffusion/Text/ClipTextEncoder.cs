using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Text;

/// <summary>
/// Token ids to embedding: one chunk a call, so that an embedding never depends on which others were asked for beside it. Safe for concurrent use.
/// </summary>
internal sealed class ClipTextEncoder : IDisposable
{
    private const string LayerPrefix = "hidden_states.";

    private readonly OnnxGraph _graph;
    private readonly TensorSpec _ids;
    private readonly TensorSpec _hidden;
    private readonly TensorSpec[] _layers;
    private readonly FinalLayerNorm? _norm;

    public ClipTextEncoder(OnnxGraph graph)
    {
        _graph = graph;
        graph.RequireOnly("input_ids");
        _ids = graph.Input("input_ids");
        _hidden = graph.Output("last_hidden_state");
        Width = _hidden.Dimensions is [_, _, > 0] ? _hidden.Dimensions[2]
            : throw new CheckpointException(graph.File, $"its output '{_hidden.Name}' does not declare its width");
        _layers = [.. graph.Outputs.Where(output => output.Name.StartsWith(LayerPrefix, StringComparison.Ordinal)).OrderBy(LayerNumber)];
        if (_layers.Length > 0) _norm = FinalLayerNorm.Read(graph.File, Width);
    }

    /// <summary>Width of an embedding, which must be the one the UNet's cross attention takes.</summary>
    public int Width { get; }

    /// <summary>Refuses a layer that the graph does not give.</summary>
    /// <exception cref="GenerationException">There is no such layer; the message says which there are.</exception>
    public void RequireLayer(int clipSkip)
    {
        var deepest = _norm is null ? 1 : Math.Max(1, _layers.Length);
        if (clipSkip >= 1 && clipSkip <= deepest) return;
        var why = _layers.Length == 0 ? ", because this checkpoint's text encoder gives only its last layer (it has no outputs hidden_states.k)"
            : _norm is null ? ", because the final layer norm of this checkpoint's text encoder cannot be read from its graph" : "";
        throw new GenerationException(
            GenerationError.BadRequest,
            FormattableString.Invariant($"clip_skip is {clipSkip}; allowed: {(deepest == 1 ? "1" : FormattableString.Invariant($"1…{deepest}"))}{why}."));
    }

    /// <summary>Encodes one chunk.</summary>
    /// <param name="ids">Token ids, as many as the context length.</param>
    /// <param name="clipSkip">Layer to take, counted from the end; 1 is the last. See <see cref="RequireLayer"/>.</param>
    /// <param name="embedding">Receives ids × <see cref="Width"/> numbers in C order.</param>
    public void Encode(int[] ids, int clipSkip, Span<float> embedding)
    {
        RequireLayer(clipSkip);
        var layer = clipSkip == 1 ? _hidden : _layers[^clipSkip];
        long[] shape = [1, ids.Length];
        using var input = _ids.ElementType == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory([.. ids.Select(id => (long)id)], shape)
            : OrtValue.CreateTensorValueFromMemory(ids, shape);
        using var output = new FloatTensor(layer.ElementType, 1, ids.Length, Width);
        using var binding = _graph.Bind();
        using var options = new RunOptions();
        binding.BindInput(_ids.Name, input);
        binding.BindOutput(layer.Name, output.Value);
        _graph.Run(options, binding);
        output.FromGraph();
        output.Values.CopyTo(embedding);
        if (clipSkip > 1) _norm!.Apply(embedding);
    }

    private static int LayerNumber(TensorSpec output) =>
        int.TryParse(output.Name.AsSpan(LayerPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;

    public void Dispose() => _graph.Dispose();
}
