using System.Globalization;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Text;

/// <summary>What a CLIP text encoder's graph takes and gives, read from its interface and never assumed.</summary>
/// <param name="Ids">[B, tokens] of int32 or int64: <c>input_ids</c>.</param>
internal sealed record TextEncoderLayout(TensorSpec Ids)
{
    private const string LayerPrefix = "hidden_states.";

    /// <summary>[B, tokens, width] after the last layer and the final norm: <c>last_hidden_state</c>, in ONNX Runtime's demo exports <c>text_embeddings</c>.</summary>
    public TensorSpec? Last { get; private init; }

    /// <summary>[B, tokens, width] of every layer from the embedding on: <c>hidden_states.k</c>; empty where the exporter left them out.</summary>
    public IReadOnlyList<TensorSpec> Layers { get; private init; } = [];

    /// <summary>[B, tokens, width] of the last layer but one: <c>hidden_states</c> of ONNX Runtime's demo exports; null for others.</summary>
    public TensorSpec? Penultimate { get; private init; }

    /// <summary>[B, pooled width], projected: <c>text_embeds</c>, in ONNX Runtime's demo exports <c>text_embeddings</c>; null where the encoder has no projection.</summary>
    public TensorSpec? Pooled { get; private init; }

    /// <summary>Reads the layout of a graph.</summary>
    /// <exception cref="CheckpointException">It takes something else than ids, or gives no embedding of a declared width.</exception>
    public static TextEncoderLayout Read(GraphInterface graph)
    {
        graph.RequireOnly("input_ids");
        TensorSpec[] layers = [.. graph.Outputs.Where(output => output.Name.StartsWith(LayerPrefix, StringComparison.Ordinal)).OrderBy(LayerNumber)];
        var layout = new TextEncoderLayout(graph.Input("input_ids"))
        {
            Last = Of(graph, 3, "last_hidden_state", "text_embeddings") ?? (graph.Outputs.Count == 1 ? graph.Outputs[0] : null),
            Pooled = Of(graph, 2, "text_embeds", "text_embeddings"),
            Penultimate = Of(graph, 3, "hidden_states"),
            Layers = layers,
        };
        if (layout.Ids.ElementType is not (TensorElementType.Int32 or TensorElementType.Int64))
            throw new CheckpointException(graph.File, $"its input '{layout.Ids.Name}' is of {layout.Ids.ElementType}; allowed: Int32 or Int64");
        // Names what is missing.
        if (layout.Hidden is null) graph.Output("last_hidden_state");
        return layout;
    }

    /// <summary>Width of an embedding; null when the graph does not declare it.</summary>
    public int? Width => Hidden is { Rank: 3 } hidden && hidden.Dimensions[2] > 0 ? hidden.Dimensions[2] : null;

    /// <summary>Width of the pooled embedding; null when there is none or the graph does not declare it.</summary>
    public int? PooledWidth => Pooled is { } pooled && pooled.Dimensions[1] > 0 ? pooled.Dimensions[1] : null;

    /// <summary>Rows of every call.</summary>
    public int Rows => Ids.Rank == 2 && Ids.Dimensions[0] > 0 ? Ids.Dimensions[0] : 1;

    private TensorSpec? Hidden => Last ?? Penultimate ?? (Layers.Count > 0 ? Layers[^1] : null);

    private static TensorSpec? Of(GraphInterface graph, int rank, params ReadOnlySpan<string> names) =>
        graph.OptionalOutput(names) is { } output && output.Rank == rank ? output : null;

    private static int LayerNumber(TensorSpec output) =>
        int.TryParse(output.Name.AsSpan(LayerPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
}
