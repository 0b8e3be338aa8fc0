using System.Globalization;
using System.Runtime.InteropServices;
using RenderFarm.Testing.Onnx;

namespace RenderFarm.Benchmarks.StableDiffusion15;

/// <summary>A value on its way through the graph: [rows, channels, height, width], or [rows, height × width, channels] inside attention.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows of cells, for the shape whose operations are counted; the graph itself takes any.</param>
/// <param name="Width">Columns of cells.</param>
internal readonly record struct Feature(string Name, int Channels, int Height, int Width)
{
    public int Cells => Height * Width;
}

/// <summary>Writes a graph whose weights are in a file beside it, and counts the floating-point operations of its convolutions and matrix products.</summary>
/// <param name="weights">Takes the weights.</param>
/// <param name="rows">Rows whose operations are counted.</param>
internal sealed class GraphWriter(WeightFile weights, int rows)
{
    private const int Float = 1;
    private const int Integer = 7;
    private readonly Protobuf _graph = new Protobuf().Text(2, "unet");
    private int _values;

    /// <summary>Rows whose operations are counted.</summary>
    public int Rows => rows;

    /// <summary>Operations of one evaluation, a multiplication and an addition being two.</summary>
    public double Operations { get; private set; }

    /// <summary>Counts the products of a contraction of this depth.</summary>
    public void Count(double outputs, double depth) => Operations += 2 * outputs * depth;

    public void Input(string name, params object[] shape) => _graph.Message(11, ValueOf(name, shape));

    public void Output(string name, params object[] shape) => _graph.Message(12, ValueOf(name, shape));

    /// <summary>A node with one output.</summary>
    /// <returns>Name of the output.</returns>
    public string Node(string operation, string[] inputs, params Protobuf[] attributes) => Node(operation, "", inputs, outputs: 1, attributes)[0];

    /// <summary>A node of an operator set of ONNX Runtime's own, as its graph optimizer writes them.</summary>
    public string RuntimeNode(string operation, string[] inputs, params Protobuf[] attributes) => Node(operation, "com.microsoft", inputs, outputs: 1, attributes)[0];

    /// <summary>A node with several outputs.</summary>
    public string[] Node(string operation, string domain, string[] inputs, int outputs, Protobuf[] attributes)
    {
        var node = new Protobuf();
        foreach (var input in inputs) node.Text(1, input);
        var names = Enumerable.Range(0, outputs).Select(_ => NextName()).ToArray();
        foreach (var name in names) node.Text(2, name);
        node.Text(3, $"{operation}_{names[0]}").Text(4, operation);
        foreach (var attribute in attributes) node.Message(5, attribute);
        if (domain.Length > 0) node.Text(7, domain);
        _graph.Message(1, node);
        return names;
    }

    /// <summary>Gives a value the name of an output.</summary>
    public void Name(string value, string output) =>
        _graph.Message(1, new Protobuf().Text(1, value).Text(2, output).Text(3, $"Identity_{output}").Text(4, "Identity"));

    /// <summary>Random weights that keep the variance of what they are multiplied with.</summary>
    /// <param name="depth">Numbers that are summed for one output.</param>
    /// <param name="shape">Dimensions.</param>
    public string Weight(long depth, params long[] shape) => External(weights.Random(Length(shape), 1 / Math.Sqrt(depth)), shape);

    /// <summary>Weights that are all the same, as the scales and shifts of a normalization begin.</summary>
    public string Filled(float value, params long[] shape) => External(weights.Constant(Length(shape), value), shape);

    /// <summary>Numbers inside the graph's file, which are not parameters.</summary>
    public string Constant(float[] values, params long[] shape)
    {
        var name = NextName();
        _graph.Message(5, Tensor(name, Float, shape).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
        return name;
    }

    /// <summary>Integers inside the graph's file, such as the shape of a Reshape.</summary>
    public string Integers(params long[] values)
    {
        var name = NextName();
        _graph.Message(5, Tensor(name, Integer, [values.Length]).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
        return name;
    }

    /// <summary>Writes the graph: IR version 8, operator set 17 and ONNX Runtime's own.</summary>
    public void Save(string file) => File.WriteAllBytes(file, new Protobuf().Number(1, 8).Message(7, _graph)
        .Message(8, new Protobuf().Text(1, "").Number(2, 17)).Message(8, new Protobuf().Text(1, "com.microsoft").Number(2, 1)).ToArray());

    public static Protobuf Attribute(string name, long value) => new Protobuf().Text(1, name).Number(3, value).Number(20, 2);

    public static Protobuf Attribute(string name, float value) => new Protobuf().Text(1, name).Single(2, value).Number(20, 1);

    public static Protobuf Attribute(string name, string value) => new Protobuf().Text(1, name).Text(4, value).Number(20, 3);

    public static Protobuf Attribute(string name, params long[] values)
    {
        var attribute = new Protobuf().Text(1, name);
        foreach (var value in values) attribute.Number(8, value);
        return attribute.Number(20, 7);
    }

    private static long Length(long[] shape) => shape.Aggregate(1L, (product, dimension) => product * dimension);

    private string NextName() => string.Create(CultureInfo.InvariantCulture, $"v{_values++}");

    private string External(long offset, long[] shape)
    {
        var name = NextName();
        var tensor = Tensor(name, Float, shape);
        foreach (var (key, value) in new[]
        {
            ("location", weights.Name), ("offset", offset.ToString(CultureInfo.InvariantCulture)),
            ("length", (4 * Length(shape)).ToString(CultureInfo.InvariantCulture)),
        })
        {
            tensor.Message(13, new Protobuf().Text(1, key).Text(2, value));
        }

        _graph.Message(5, tensor.Number(14, 1));
        return name;
    }

    private static Protobuf Tensor(string name, int type, long[] shape)
    {
        var tensor = new Protobuf();
        foreach (var dimension in shape) tensor.Number(1, dimension);
        return tensor.Number(2, type).Text(8, name);
    }

    private static Protobuf ValueOf(string name, object[] shape)
    {
        var dimensions = new Protobuf();
        foreach (var dimension in shape)
            dimensions.Message(1, dimension is string open ? new Protobuf().Text(2, open) : new Protobuf().Number(1, Convert.ToInt64(dimension, CultureInfo.InvariantCulture)));
        return new Protobuf().Text(1, name).Message(2, new Protobuf().Message(1, new Protobuf().Number(1, Float).Message(2, dimensions)));
    }
}
