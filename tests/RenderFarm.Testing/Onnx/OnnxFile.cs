using System.Runtime.InteropServices;

namespace RenderFarm.Testing.Onnx;

/// <summary>Element types of ONNX (onnx.proto, TensorProto.DataType).</summary>
public enum OnnxType
{
    Float = 1,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
}

/// <summary>
/// Builds small ONNX graphs for tests: nodes, initializers (inside the file or beside it), inputs and outputs with named or fixed dimensions.
/// </summary>
public sealed class OnnxFile
{
    private readonly Protobuf _graph = new Protobuf().Text(2, "test");

    /// <summary>An input; a dimension is a number, or a name where the graph leaves it open.</summary>
    public OnnxFile Input(string name, OnnxType type, params object[] shape)
    {
        _graph.Message(11, ValueInfo(name, type, shape));
        return this;
    }

    /// <summary>An output.</summary>
    public OnnxFile Output(string name, OnnxType type, params object[] shape)
    {
        _graph.Message(12, ValueInfo(name, type, shape));
        return this;
    }

    /// <summary>A node of the default operator set.</summary>
    public OnnxFile Node(string operation, string[] inputs, string[] outputs, params Protobuf[] attributes)
    {
        var node = new Protobuf();
        foreach (var input in inputs) node.Text(1, input);
        foreach (var output in outputs) node.Text(2, output);
        node.Text(4, operation);
        foreach (var attribute in attributes) node.Message(5, attribute);
        _graph.Message(1, node);
        return this;
    }

    /// <summary>A constant in the file.</summary>
    public OnnxFile Constant(string name, float[] values, params long[] shape)
    {
        var tensor = Tensor(name, OnnxType.Float, shape).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        _graph.Message(5, tensor);
        return this;
    }

    /// <summary>An integer constant in the file.</summary>
    public OnnxFile Constant(string name, long[] values, params long[] shape)
    {
        var tensor = Tensor(name, OnnxType.Int64, shape).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        _graph.Message(5, tensor);
        return this;
    }

    /// <summary>A constant that is kept in another file.</summary>
    public OnnxFile External(string name, string location, params long[] shape)
    {
        _graph.Message(5, Tensor(name, OnnxType.Float, shape)
            .Message(13, new Protobuf().Text(1, "location").Text(2, location))
            .Number(14, 1));
        return this;
    }

    /// <summary>An integer attribute of a node.</summary>
    public static Protobuf Attribute(string name, long value) => new Protobuf().Text(1, name).Number(3, value).Number(20, 2);

    /// <summary>A floating point attribute.</summary>
    public static Protobuf Attribute(string name, float value) => new Protobuf().Text(1, name).Single(2, value).Number(20, 1);

    /// <summary>A text attribute.</summary>
    public static Protobuf Attribute(string name, string value) => new Protobuf().Text(1, name).Text(4, value).Number(20, 3);

    /// <summary>A list of integers as an attribute.</summary>
    public static Protobuf Attribute(string name, long[] values)
    {
        var attribute = new Protobuf().Text(1, name);
        foreach (var value in values) attribute.Number(8, value);
        return attribute.Number(20, 7);
    }

    /// <summary>The file: IR version 8, operator set 17.</summary>
    public byte[] ToArray() => new Protobuf().Number(1, 8).Message(7, _graph).Message(8, new Protobuf().Text(1, "").Number(2, 17)).ToArray();

    /// <summary>Writes the file, making its folder.</summary>
    public string Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, ToArray());
        return path;
    }

    private static Protobuf Tensor(string name, OnnxType type, long[] shape)
    {
        var tensor = new Protobuf();
        foreach (var dimension in shape) tensor.Number(1, dimension);
        return tensor.Number(2, (int)type).Text(8, name);
    }

    private static Protobuf ValueInfo(string name, OnnxType type, object[] shape)
    {
        var dimensions = new Protobuf();
        foreach (var dimension in shape)
            dimensions.Message(1, dimension is string open ? new Protobuf().Text(2, open) : new Protobuf().Number(1, Convert.ToInt64(dimension, null)));
        var tensor = new Protobuf().Number(1, (int)type).Message(2, dimensions);
        return new Protobuf().Text(1, name).Message(2, new Protobuf().Message(1, tensor));
    }
}
