namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>Size and kind of a UNet, and how an exporter writes it down.</summary>
/// <param name="Widths">Channels of each level.</param>
/// <param name="Attends">Whether a level has transformers.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="TextWidth">Width of prompt embeddings.</param>
/// <param name="Groups">Groups of group norms.</param>
public sealed record UNetNetwork(int[] Widths, bool[] Attends, int Heads, int TextWidth, int Groups)
{
    private const int OutChannels = 4;

    public int InChannels { get; init; } = OutChannels;

    /// <summary>Width of <c>text_embeds</c>; 0 for none. SDXL takes <c>time_ids</c> with it.</summary>
    public int PooledWidth { get; init; }

    /// <summary>Numbers of <c>time_ids</c>.</summary>
    public int TimeIds { get; init; } = 6;

    /// <summary>Width of <c>timestep_cond</c>; 0 for none.</summary>
    public int GuidanceWidth { get; init; }

    /// <summary>Whether there is <c>class_labels</c>.</summary>
    public bool HasClassLabels { get; init; }

    public bool LinearProjection { get; init; }

    public OnnxType FloatType { get; init; } = OnnxType.Float;

    /// <summary>Type of <c>encoder_hidden_states</c>, where it is another.</summary>
    public OnnxType? TextType { get; init; }

    public OnnxType TimestepType { get; init; } = OnnxType.Float;

    /// <summary>Dimensions of the timestep: none for a scalar.</summary>
    public object[] TimestepShape { get; init; } = ["batch"];

    public string OutputName { get; init; } = "out_sample";

    /// <summary>Rows, latent height and width: numbers where they are fixed.</summary>
    public object[] Shape { get; init; } = ["batch", "height", "width"];

    /// <summary>Whether the graph still has the keyword <c>return_dict</c> as an input.</summary>
    public bool HasReturnDict { get; init; }

    private int TimeWidth => 4 * Widths[0];

    /// <summary>The network as a graph (diffusers' <c>UNet2DConditionModel</c>, one layer a block).</summary>
    public OnnxFile Build(Weights weights)
    {
        var graph = new NetworkGraph(weights);
        var sample = graph.Input("sample", FloatType, Shape[0], InChannels, Shape[1], Shape[2]);
        var timestep = graph.Input("timestep", TimestepType, TimestepShape);
        var text = graph.Input("encoder_hidden_states", TextType ?? FloatType, Shape[0], "sequence", TextWidth);
        if (HasReturnDict) graph.File.Input("return_dict", OnnxType.Bool).Node("Not", ["return_dict"], ["no_dict"]);
        var time = graph.Silu(Time(graph, timestep));
        var blocks = new ResidualBlocks(graph, Groups, 1e-5f);

        List<string> skips = [graph.Conv(sample, "conv_in", InChannels, Widths[0])];
        List<int> skipWidths = [Widths[0]];
        var x = Down(graph, blocks, skips, skipWidths, time, text);
        var middle = Widths[^1];
        x = blocks.Block(x, "mid_block.resnets.0", middle, middle, time, TimeWidth);
        x = blocks.Transformer(x, "mid_block.attentions.0", middle, Heads, text, TextWidth, LinearProjection);
        x = blocks.Block(x, "mid_block.resnets.1", middle, middle, time, TimeWidth);
        x = Up(graph, blocks, x, skips, skipWidths, time, text);
        x = graph.Silu(graph.GroupNorm(x, "conv_norm_out", Widths[0], Groups, 1e-5f));
        graph.Output(graph.Conv(x, "conv_out", Widths[0], OutChannels), OutputName, FloatType, Shape[0], OutChannels, Shape[1], Shape[2]);
        return graph.File;
    }

    private string Time(NetworkGraph graph, string timestep)
    {
        var wave = graph.Sinusoid(timestep, Widths[0]);
        if (GuidanceWidth > 0)
        {
            var guidance = graph.Input("timestep_cond", FloatType, Shape[0], GuidanceWidth);
            wave = graph.Add(wave, graph.Linear(guidance, "time_embedding.cond_proj", GuidanceWidth, Widths[0], bias: false));
        }

        var time = Two(graph, wave, "time_embedding", Widths[0]);
        if (HasClassLabels) time = graph.Add(time, Two(graph, graph.Sinusoid(graph.Input("class_labels", OnnxType.Int64, Shape[0]), Widths[0]), "class_embedding", Widths[0]));
        if (PooledWidth == 0) return time;
        const int IdWidth = 8;
        var pooled = graph.Input("text_embeds", FloatType, Shape[0], PooledWidth);
        var ids = graph.Reshape(graph.Sinusoid(graph.Input("time_ids", FloatType, Shape[0], TimeIds), IdWidth), -1, TimeIds * IdWidth);
        return graph.Add(time, Two(graph, graph.Concat(-1, pooled, ids), "add_embedding", PooledWidth + (TimeIds * IdWidth)));
    }

    private string Two(NetworkGraph graph, string x, string name, int from) =>
        graph.Linear(graph.Silu(graph.Linear(x, $"{name}.linear_1", from, TimeWidth)), $"{name}.linear_2", TimeWidth, TimeWidth);

    private string Down(NetworkGraph graph, ResidualBlocks blocks, List<string> skips, List<int> skipWidths, string time, string text)
    {
        var (x, width) = (skips[0], Widths[0]);
        for (var level = 0; level < Widths.Length; level++)
        {
            x = blocks.Block(x, $"down_blocks.{level}.resnets.0", width, Widths[level], time, TimeWidth);
            width = Widths[level];
            if (Attends[level]) x = blocks.Transformer(x, $"down_blocks.{level}.attentions.0", width, Heads, text, TextWidth, LinearProjection);
            Keep(x);
            if (level == Widths.Length - 1) break;
            Keep(x = graph.Conv(x, $"down_blocks.{level}.downsamplers.0.conv", width, width, stride: 2));
        }

        return x;

        void Keep(string skip)
        {
            skips.Add(skip);
            skipWidths.Add(width);
        }
    }

    private string Up(NetworkGraph graph, ResidualBlocks blocks, string x, List<string> skips, List<int> skipWidths, string time, string text)
    {
        var width = Widths[^1];
        for (var block = 0; block < Widths.Length; block++)
        {
            var level = Widths.Length - 1 - block;
            for (var i = 0; i < 2; i++)
            {
                x = blocks.Block(graph.Concat(1, x, skips[^1]), $"up_blocks.{block}.resnets.{i}", width + skipWidths[^1], Widths[level], time, TimeWidth);
                skips.RemoveAt(skips.Count - 1);
                skipWidths.RemoveAt(skipWidths.Count - 1);
                width = Widths[level];
                if (Attends[level]) x = blocks.Transformer(x, $"up_blocks.{block}.attentions.{i}", width, Heads, text, TextWidth, LinearProjection);
            }

            if (level > 0) x = graph.Conv(graph.UpsampleTwice(x), $"up_blocks.{block}.upsamplers.0.conv", width, width);
        }

        return x;
    }
}
