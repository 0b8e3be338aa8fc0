using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>Reads a graph's interface out of its file without loading its weights, so that a checkpoint of gigabytes is described in no time.</summary>
/// <remarks>
/// Field numbers from onnx.proto (IR version 10): ModelProto.graph = 7; GraphProto.initializer = 5, input = 11, output = 12; TensorProto.name = 8;
/// ValueInfoProto.name = 1, type = 2; TypeProto.tensor_type = 1; its elem_type = 1, shape = 2; TensorShapeProto.dim = 1; its dim_value = 1.
/// ONNX Runtime's element types have ONNX's numbers. Limitations: inputs and outputs that are no tensors are left out; lengths that the
/// file leaves open stay so, even where a session would infer them.
/// </remarks>
internal static class GraphInterfaceFile
{
    /// <summary>The interface of the graph in a file.</summary>
    /// <exception cref="CheckpointException">The file is missing or not ONNX.</exception>
    public static GraphInterface Read(string file)
    {
        if (!File.Exists(file)) throw new CheckpointException(file, "the file is missing");
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 4096);
        try
        {
            return Read(file, stream);
        }
        catch (InvalidDataException error)
        {
            throw new CheckpointException(file, "it is not an ONNX file, or only a part of one", error);
        }
    }

    private static GraphInterface Read(string file, Stream stream)
    {
        List<TensorSpec> inputs = [], outputs = [];
        HashSet<string> constants = new(StringComparer.Ordinal);
        foreach (var graph in ProtobufFields.Read(stream, stream.Length).Where(field => field.Number == 7))
        {
            foreach (var field in ProtobufFields.Read(stream, graph.End))
            {
                if (field.Number == 5) constants.Add(Name(stream, field.End, 8));
                else if (field.Number is 11 or 12 && ValueInfo(stream, field.End) is { } tensor) (field.Number == 11 ? inputs : outputs).Add(tensor);
            }
        }

        // Old exporters list constants among the inputs; a session does not ask for them.
        inputs.RemoveAll(input => constants.Contains(input.Name));
        return new GraphInterface(file, inputs, outputs);
    }

    private static string Name(Stream stream, long end, int number)
    {
        foreach (var field in ProtobufFields.Read(stream, end))
        {
            if (field.Number == number) return Encoding.UTF8.GetString(field.ReadFrom(stream));
        }

        return "";
    }

    private static TensorSpec? ValueInfo(Stream stream, long end)
    {
        var name = "";
        TensorSpec? tensor = null;
        foreach (var field in ProtobufFields.Read(stream, end))
        {
            if (field.Number == 1) name = Encoding.UTF8.GetString(field.ReadFrom(stream));
            if (field.Number != 2) continue;
            foreach (var type in ProtobufFields.Read(stream, field.End).Where(type => type.Number == 1)) tensor = TensorType(stream, type.End);
        }

        return tensor is null ? null : tensor with { Name = name };
    }

    private static TensorSpec TensorType(Stream stream, long end)
    {
        var type = TensorElementType.DataTypeMax;
        List<int> dimensions = [];
        foreach (var field in ProtobufFields.Read(stream, end))
        {
            if (field.Number == 1) type = (TensorElementType)field.Value;
            if (field.Number != 2) continue;
            foreach (var dimension in ProtobufFields.Read(stream, field.End).Where(dimension => dimension.Number == 1))
            {
                var sizes = ProtobufFields.Read(stream, dimension.End).Where(size => size.Number == 1).Select(size => size.Value);
                dimensions.Add((int)sizes.DefaultIfEmpty(-1).First());
            }
        }

        return new TensorSpec("", type, [.. dimensions]);
    }
}
