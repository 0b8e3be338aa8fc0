namespace RenderFarm.Benchmarks.StableDiffusion15;

/// <summary>The layers that Stable Diffusion's UNet is made of, as nodes of a graph.</summary>
/// <remarks>
/// Structure: diffusers' <c>ResnetBlock2D</c>, <c>Transformer2DModel</c> and <c>BasicTransformerBlock</c>. Operators: those of an export that has been through ONNX
/// Runtime's transformer optimizer (SiLU as QuickGelu with α = 1, attention and GELU as nodes of its own).
/// </remarks>
internal sealed class UNetLayers(GraphWriter graph)
{
    public const int Groups = 32;
    public const int Heads = 8;
    public const int TimeWidth = 1280;
    public const int TextWidth = 768;
    public const int Tokens = 77;

    public Feature Convolve(Feature input, int channels, int kernel, int stride = 1)
    {
        var weight = graph.Weight((long)input.Channels * kernel * kernel, channels, input.Channels, kernel, kernel);
        var pad = kernel / 2;
        var name = graph.Node(
            "Conv", [input.Name, weight, graph.Filled(0, channels)], GraphWriter.Attribute("kernel_shape", kernel, kernel),
            GraphWriter.Attribute("strides", stride, stride), GraphWriter.Attribute("pads", pad, pad, pad, pad));
        var output = new Feature(name, channels, input.Height / stride, input.Width / stride);
        graph.Count((double)graph.Rows * channels * output.Cells, (double)input.Channels * kernel * kernel);
        return output;
    }

    /// <summary>Group normalization: every group as one instance, then a scale and a shift a channel.</summary>
    public Feature GroupNorm(Feature input, float epsilon)
    {
        var grouped = graph.Node("Reshape", [input.Name, graph.Integers(0, Groups, -1)]);
        var normal = graph.Node(
            "InstanceNormalization", [grouped, graph.Constant(Enumerable.Repeat(1f, Groups).ToArray(), Groups), graph.Constant(new float[Groups], Groups)],
            GraphWriter.Attribute("epsilon", epsilon));
        var restored = graph.Node("Reshape", [normal, graph.Node("Shape", [input.Name])]);
        var scaled = graph.Node("Mul", [restored, graph.Filled(1, input.Channels, 1, 1)]);
        return input with { Name = graph.Node("Add", [scaled, graph.Filled(0, input.Channels, 1, 1)]) };
    }

    public Feature Silu(Feature input) => input with { Name = Silu(input.Name) };

    public string Silu(string input) => graph.RuntimeNode("QuickGelu", [input], GraphWriter.Attribute("alpha", 1f));

    public Feature Add(Feature left, Feature right) => left with { Name = graph.Node("Add", [left.Name, right.Name]) };

    /// <summary>Two convolutions around a shift by the time embedding, and a way past them.</summary>
    /// <param name="input">[rows, channels in, h, w].</param>
    /// <param name="time">SiLU of the time embedding, [rows, 1280].</param>
    /// <param name="channels">Channels out.</param>
    public Feature Residual(Feature input, string time, int channels)
    {
        var hidden = Convolve(Silu(GroupNorm(input, 1e-5f)), channels, 3);
        var shift = graph.Node("Unsqueeze", [Linear(time, graph.Rows, TimeWidth, channels), graph.Integers(2, 3)]);
        hidden = hidden with { Name = graph.Node("Add", [hidden.Name, shift]) };
        hidden = Convolve(Silu(GroupNorm(hidden, 1e-5f)), channels, 3);
        return Add(input.Channels == channels ? input : Convolve(input, channels, 1), hidden);
    }

    /// <summary>Every cell attends to every cell, then to the prompt, then passes a feed-forward network on its own.</summary>
    public Feature Attend(Feature input, string text)
    {
        var projected = Convolve(GroupNorm(input, 1e-6f), input.Channels, 1);
        var rowsOfCells = graph.Node("Transpose", [projected.Name], GraphWriter.Attribute("perm", 0, 2, 3, 1));
        var cells = input with { Name = graph.Node("Reshape", [rowsOfCells, graph.Integers(0, -1, input.Channels)]) };
        cells = Add(cells, Attention(LayerNorm(cells), context: null));
        cells = Add(cells, Attention(LayerNorm(cells), text));
        cells = Add(cells, FeedForward(LayerNorm(cells)));

        // Cells back to [rows, channels, h, w], which a graph for any size has to ask for.
        var planes = graph.Node("Transpose", [cells.Name], GraphWriter.Attribute("perm", 0, 2, 1));
        var restored = graph.Node("Reshape", [planes, graph.Node("Shape", [input.Name])]);
        return Add(Convolve(input with { Name = restored }, input.Channels, 1), input);
    }

    /// <summary>A matrix product [n, in] × [in, out], with a shift or without.</summary>
    public string Linear(string input, double outer, int from, int to, bool shift = true)
    {
        graph.Count(outer * to, from);
        var product = graph.Node("MatMul", [input, graph.Weight(from, from, to)]);
        return shift ? graph.Node("Add", [product, graph.Filled(0, to)]) : product;
    }

    private Feature LayerNorm(Feature input) => input with
    {
        Name = graph.Node(
            "LayerNormalization", [input.Name, graph.Filled(1, input.Channels), graph.Filled(0, input.Channels)],
            GraphWriter.Attribute("axis", -1), GraphWriter.Attribute("epsilon", 1e-5f)),
    };

    private Feature Attention(Feature input, string? context)
    {
        var (cells, channels) = ((double)graph.Rows * input.Cells, input.Channels);
        var (others, width) = context is null ? (cells, channels) : ((double)graph.Rows * Tokens, TextWidth);
        var query = Linear(input.Name, cells, channels, channels, shift: false);
        var key = Linear(context ?? input.Name, others, width, channels, shift: false);
        var value = Linear(context ?? input.Name, others, width, channels, shift: false);
        graph.Count(2 * cells * (others / graph.Rows), channels);
        var attended = graph.RuntimeNode("MultiHeadAttention", [query, key, value], GraphWriter.Attribute("num_heads", Heads));
        return input with { Name = Linear(attended, cells, channels, channels) };
    }

    /// <summary>GEGLU (Shazeer 2020): one half of the widened features is let through by the GELU of the other.</summary>
    private Feature FeedForward(Feature input)
    {
        var (cells, wide) = ((double)graph.Rows * input.Cells, 4 * input.Channels);
        var both = Linear(input.Name, cells, input.Channels, 2 * wide);
        var halves = graph.Node("Split", "", [both], outputs: 2, [GraphWriter.Attribute("axis", -1)]);
        var gated = graph.Node("Mul", [halves[0], graph.RuntimeNode("Gelu", [halves[1]])]);
        return input with { Name = Linear(gated, cells, wide, input.Channels) };
    }
}
