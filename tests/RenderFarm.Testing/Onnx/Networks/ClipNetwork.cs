namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>Size of a CLIP text encoder, and how an exporter writes it down.</summary>
public sealed record ClipNetwork(int Width, int Layers, int Heads, int Vocabulary, int EndId)
{
    private const int Context = 77;

    /// <summary>Width of the projected pooled output <c>text_embeds</c>; 0 for an encoder without projection.</summary>
    public int Projection { get; init; }

    /// <summary>GELU as OpenCLIP's encoders have it, in place of CLIP's quick one.</summary>
    public bool ExactGelu { get; init; }

    /// <summary>Rows: a number where it is fixed.</summary>
    public object Batch { get; init; } = "batch";

    public OnnxType IdType { get; init; } = OnnxType.Int64;

    public OnnxType FloatType { get; init; } = OnnxType.Float;

    /// <summary>Whether <c>hidden_states.k</c> are given out.</summary>
    public bool GivesLayers { get; init; }

    /// <summary>Names of ONNX Runtime's demo exports: <c>text_embeddings</c>, and <c>hidden_states</c> for the last layer but one.</summary>
    public bool DemoNames { get; init; }

    /// <summary>The encoder as a graph (transformers' <c>CLIPTextModel</c>, with a projection <c>CLIPTextModelWithProjection</c>).</summary>
    public OnnxFile Build(Weights weights)
    {
        var graph = new NetworkGraph(weights);
        graph.File.Input("input_ids", IdType, Batch, Context);
        var ids = graph.Cast("input_ids", OnnxType.Int64);
        const string Root = "text_model";
        List<string> hidden =
        [
            graph.Add(
                graph.Op("Gather", [graph.Weight($"{Root}.embeddings.token_embedding.weight", Vocabulary, Width), ids]),
                graph.Weight($"{Root}.embeddings.position_embedding.weight", Context, Width)),
        ];
        var mask = graph.Constant([.. Enumerable.Range(0, Context * Context).Select(i => i % Context > i / Context ? float.NegativeInfinity : 0)], Context, Context);
        for (var layer = 0; layer < Layers; layer++) hidden.Add(Layer(graph, hidden[^1], $"{Root}.encoder.layers.{layer}", mask));
        var last = graph.LayerNorm(hidden[^1], $"{Root}.final_layer_norm", Width);
        Name(graph, ids, hidden, last);
        return graph.File;
    }

    private string Layer(NetworkGraph graph, string x, string name, string mask)
    {
        var normed = graph.LayerNorm(x, $"{name}.layer_norm1", Width);
        string[] projected = [.. new[] { "q", "k", "v" }.Select(part => graph.Linear(normed, $"{name}.self_attn.{part}_proj", Width, Width))];
        var attended = graph.Attention(projected[0], projected[1], projected[2], Width, Heads, mask);
        x = graph.Add(x, graph.Linear(attended, $"{name}.self_attn.out_proj", Width, Width));
        var wide = graph.Linear(graph.LayerNorm(x, $"{name}.layer_norm2", Width), $"{name}.mlp.fc1", Width, 4 * Width);
        return graph.Add(x, graph.Linear(ExactGelu ? graph.Gelu(wide) : graph.QuickGelu(wide), $"{name}.mlp.fc2", 4 * Width, Width));
    }

    private void Name(NetworkGraph graph, string ids, List<string> hidden, string last)
    {
        // The first end token's place as a row of zeros and a one: [B, 1, tokens].
        var end = graph.Op("ArgMax", [graph.Cast(graph.Op("Equal", [ids, graph.Integers(EndId)]), OnnxType.Int32)], OnnxFile.Attribute("axis", 1L), OnnxFile.Attribute("keepdims", 1L));
        var place = graph.Cast(graph.Op("Equal", [end, graph.Integers([.. Enumerable.Range(0, Context).Select(i => (long)i)])]), OnnxType.Float);
        var pooled = graph.Reshape(graph.MatMul(graph.Reshape(place, 0, 1, Context), last), 0, Width);
        if (Projection > 0) pooled = graph.Linear(pooled, "text_projection", Width, Projection, bias: false);

        if (Projection == 0) graph.Output(last, DemoNames ? "text_embeddings" : "last_hidden_state", FloatType, Batch, Context, Width);
        else if (!DemoNames) graph.Output(last, "last_hidden_state", FloatType, Batch, Context, Width);
        if (Projection > 0) graph.Output(pooled, DemoNames ? "text_embeddings" : "text_embeds", FloatType, Batch, Projection);
        else if (!DemoNames) graph.Output(pooled, "pooler_output", FloatType, Batch, Width);
        if (!GivesLayers) return;
        if (DemoNames) graph.Output(hidden[^2], "hidden_states", FloatType, Batch, Context, Width);
        for (var i = 0; i < hidden.Count && !DemoNames; i++) graph.Output(hidden[i], $"hidden_states.{i}", FloatType, Batch, Context, Width);
    }
}
