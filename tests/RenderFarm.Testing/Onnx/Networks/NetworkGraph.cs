namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>Builds a network layer by layer out of ONNX operators, as PyTorch's exporter would; tensors go by name.</summary>
public sealed class NetworkGraph(Weights weights)
{
    private int _count;

    /// <summary>The graph so far.</summary>
    public OnnxFile File { get; } = new();

    /// <summary>A node with one output, whose name is returned.</summary>
    public string Op(string operation, string[] inputs, params Protobuf[] attributes)
    {
        var output = $"t{_count++}";
        File.Node(operation, inputs, [output], attributes);
        return output;
    }

    public string Add(string a, string b) => Op("Add", [a, b]);

    public string Mul(string a, string b) => Op("Mul", [a, b]);

    public string MatMul(string a, string b) => Op("MatMul", [a, b]);

    public string Transpose(string x, params long[] axes) => Op("Transpose", [x], OnnxFile.Attribute("perm", axes));

    public string Concat(long axis, params string[] inputs) => Op("Concat", inputs, OnnxFile.Attribute("axis", axis));

    public string Cast(string x, OnnxType type) => Op("Cast", [x], OnnxFile.Attribute("to", (long)type));

    /// <summary>0 keeps a dimension, −1 is what is left.</summary>
    public string Reshape(string x, params long[] shape) => Op("Reshape", [x, Integers(shape)]);

    public string Integers(params long[] values)
    {
        var name = $"c{_count++}";
        File.Constant(name, values, values.Length);
        return name;
    }

    public string Number(float value) => Constant([value]);

    public string Constant(float[] values, params long[] shape)
    {
        var name = $"c{_count++}";
        File.Constant(name, values, shape);
        return name;
    }

    /// <summary>A weight under its own name, which is the file's too.</summary>
    public string Weight(string name, params long[] shape)
    {
        File.Constant(name, weights(name, shape), shape);
        return name;
    }

    /// <summary>x Wᵀ + b over the last axis.</summary>
    public string Linear(string x, string name, int from, int to, bool bias = true)
    {
        var product = MatMul(x, Transpose(Weight($"{name}.weight", to, from), 1, 0));
        return bias ? Add(product, Weight($"{name}.bias", to)) : product;
    }

    public string Conv(string x, string name, int from, int to, int kernel = 3, int stride = 1, long[]? pads = null)
    {
        var half = kernel / 2;
        return Op(
            "Conv", [x, Weight($"{name}.weight", to, from, kernel, kernel), Weight($"{name}.bias", to)],
            OnnxFile.Attribute("kernel_shape", [kernel, kernel]), OnnxFile.Attribute("strides", [stride, stride]), OnnxFile.Attribute("pads", pads ?? [half, half, half, half]));
    }

    public string LayerNorm(string x, string name, int width) =>
        Op("LayerNormalization", [x, Weight($"{name}.weight", width), Weight($"{name}.bias", width)], OnnxFile.Attribute("epsilon", 1e-5f));

    public string GroupNorm(string x, string name, int channels, int groups, float epsilon)
    {
        var ones = Constant([.. Enumerable.Repeat(1f, groups)], groups);
        var normed = Op("InstanceNormalization", [Reshape(x, 0, groups, -1), ones, Constant(new float[groups], groups)], OnnxFile.Attribute("epsilon", epsilon));
        var back = Op("Reshape", [normed, Op("Shape", [x])]);
        return Add(Mul(back, Reshape(Weight($"{name}.weight", channels), 1, channels, 1, 1)), Reshape(Weight($"{name}.bias", channels), 1, channels, 1, 1));
    }

    public string Silu(string x) => Mul(x, Op("Sigmoid", [x]));

    public string QuickGelu(string x) => Mul(x, Op("Sigmoid", [Mul(x, Number(1.702f))]));

    public string Gelu(string x) => Mul(Mul(x, Number(0.5f)), Add(Op("Erf", [Mul(x, Number((float)(1 / Math.Sqrt(2))))]), Number(1)));

    public string UpsampleTwice(string x) => Op(
        "Resize", [x, "", Constant([1, 1, 2, 2], 4)],
        OnnxFile.Attribute("mode", "nearest"), OnnxFile.Attribute("coordinate_transformation_mode", "asymmetric"), OnnxFile.Attribute("nearest_mode", "floor"));

    /// <summary>Multi-head attention over [B, tokens, width] projections.</summary>
    /// <param name="queries">[B, t, width].</param>
    /// <param name="keys">[B, s, width].</param>
    /// <param name="values">[B, s, width].</param>
    /// <param name="width">Width of all heads together.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="mask">Added to the scores [t, s]; null for none.</param>
    public string Attention(string queries, string keys, string values, int width, int heads, string? mask = null)
    {
        var scale = Number((float)(1 / Math.Sqrt(width / heads)));
        var scores = MatMul(Mul(Split(queries, 0, 2, 1, 3), scale), Split(keys, 0, 2, 3, 1));
        var shares = Op("Softmax", [mask is null ? scores : Add(scores, mask)], OnnxFile.Attribute("axis", -1L));
        return Reshape(Transpose(MatMul(shares, Split(values, 0, 2, 1, 3)), 0, 2, 1, 3), 0, 0, width);

        string Split(string x, params long[] axes) => Transpose(Reshape(x, 0, 0, heads, width / heads), axes);
    }

    /// <summary>Sinusoidal embedding of [N] numbers or one, cosines first (<c>flip_sin_to_cos</c>): [N, width].</summary>
    public string Sinusoid(string numbers, int width)
    {
        var half = width / 2;
        float[] frequencies = [.. Enumerable.Range(0, half).Select(i => (float)Math.Exp(-Math.Log(10000) * i / half))];
        var angles = Mul(Reshape(numbers, -1, 1), Constant(frequencies, 1, half));
        return Concat(-1, Op("Cos", [angles]), Op("Sin", [angles]));
    }

    /// <summary>Names a tensor as an output of the graph, in the type that its readers expect.</summary>
    public void Output(string tensor, string name, OnnxType type, params object[] shape)
    {
        File.Node("Cast", [tensor], [name], OnnxFile.Attribute("to", (long)type));
        File.Output(name, type, shape);
    }

    /// <summary>An input, as float32 or the integers it is.</summary>
    public string Input(string name, OnnxType type, params object[] shape)
    {
        File.Input(name, type, shape);
        return type is OnnxType.Float ? name : Cast(name, type is OnnxType.Int32 ? OnnxType.Int64 : OnnxType.Float);
    }
}
