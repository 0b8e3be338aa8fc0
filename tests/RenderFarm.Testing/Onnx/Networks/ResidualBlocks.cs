namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>What UNet and VAE are made of: residual blocks and transformers over pictures (diffusers' ResnetBlock2D and Transformer2DModel).</summary>
/// <param name="graph">Where they go.</param>
/// <param name="groups">Groups of every group norm.</param>
/// <param name="epsilon">Added to variances.</param>
internal sealed class ResidualBlocks(NetworkGraph graph, int groups, float epsilon)
{
    /// <summary>A residual block; <paramref name="time"/> is the activated time embedding [N, width] or null for a VAE.</summary>
    public string Block(string x, string name, int from, int to, string? time = null, int timeWidth = 0)
    {
        var h = graph.Conv(graph.Silu(graph.GroupNorm(x, $"{name}.norm1", from, groups, epsilon)), $"{name}.conv1", from, to);
        if (time is not null) h = graph.Add(h, graph.Reshape(graph.Linear(time, $"{name}.time_emb_proj", timeWidth, to), -1, to, 1, 1));
        h = graph.Conv(graph.Silu(graph.GroupNorm(h, $"{name}.norm2", to, groups, epsilon)), $"{name}.conv2", to, to);
        return graph.Add(from == to ? x : graph.Conv(x, $"{name}.conv_shortcut", from, to, 1), h);
    }

    /// <summary>A transformer over the cells of a picture, looking at the prompt [N, tokens, textWidth].</summary>
    /// <param name="linear">Whether it goes in and out through linear layers (SD2, SDXL) or 1×1 convolutions (SD1).</param>
    public string Transformer(string x, string name, int width, int heads, string text, int textWidth, bool linear)
    {
        var normed = graph.GroupNorm(x, $"{name}.norm", width, groups, 1e-6f);
        var tokens = linear ? graph.Linear(Tokens(normed, width), $"{name}.proj_in", width, width)
            : Tokens(graph.Conv(normed, $"{name}.proj_in", width, width, 1), width);
        var block = $"{name}.transformer_blocks.0";
        tokens = graph.Add(tokens, Attend(graph.LayerNorm(tokens, $"{block}.norm1", width), null, $"{block}.attn1", width, width, heads));
        tokens = graph.Add(tokens, Attend(graph.LayerNorm(tokens, $"{block}.norm2", width), text, $"{block}.attn2", width, textWidth, heads));
        tokens = graph.Add(tokens, FeedForward(graph.LayerNorm(tokens, $"{block}.norm3", width), $"{block}.ff.net", width));
        return graph.Add(x, linear ? Picture(graph.Linear(tokens, $"{name}.proj_out", width, width), x)
            : graph.Conv(Picture(tokens, x), $"{name}.proj_out", width, width, 1));
    }

    /// <summary>Attention of a VAE: one head over all cells, with biases.</summary>
    public string SelfAttention(string x, string name, int width)
    {
        var tokens = Tokens(graph.GroupNorm(x, $"{name}.group_norm", width, groups, epsilon), width);
        string[] projected = [.. new[] { "q", "k", "v" }.Select(part => graph.Linear(tokens, $"{name}.to_{part}", width, width))];
        var attended = graph.Linear(graph.Attention(projected[0], projected[1], projected[2], width, 1), $"{name}.to_out.0", width, width);
        return graph.Add(x, Picture(attended, x));
    }

    private string Attend(string x, string? other, string name, int width, int otherWidth, int heads)
    {
        other ??= x;
        var queries = graph.Linear(x, $"{name}.to_q", width, width, bias: false);
        var keys = graph.Linear(other, $"{name}.to_k", otherWidth, width, bias: false);
        var values = graph.Linear(other, $"{name}.to_v", otherWidth, width, bias: false);
        return graph.Linear(graph.Attention(queries, keys, values, width, heads), $"{name}.to_out.0", width, width);
    }

    private string FeedForward(string x, string name, int width)
    {
        var wide = graph.Linear(x, $"{name}.0.proj", width, 8 * width);
        string Half(long from, long to) => graph.Op("Slice", [wide, graph.Integers(from), graph.Integers(to), graph.Integers(2)]);
        return graph.Linear(graph.Mul(Half(0, 4 * width), graph.Gelu(Half(4 * width, 8 * width))), $"{name}.2", 4 * width, width);
    }

    private string Tokens(string picture, int width) => graph.Transpose(graph.Reshape(picture, 0, width, -1), 0, 2, 1);

    private string Picture(string tokens, string like) => graph.Op("Reshape", [graph.Transpose(tokens, 0, 2, 1), graph.Op("Shape", [like])]);
}
