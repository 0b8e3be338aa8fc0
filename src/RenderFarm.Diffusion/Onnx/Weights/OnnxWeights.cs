using System.Runtime.InteropServices;
using System.Text;

namespace RenderFarm.Diffusion.Onnx.Weights;

/// <summary>Finds one constant tensor in an ONNX file, which ONNX Runtime itself does not give out. Everything else is skipped unread.</summary>
/// <remarks>
/// This implementation follows the field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (ModelProto.graph = 7, GraphProto.initializer
/// = 5, TensorProto: data_type = 2, float_data = 4, name = 8, raw_data = 9). Limitations: float32 and float16 held in the file itself.
/// </remarks>
internal static class OnnxWeights
{
    private const int Float32 = 1;
    private const int Float16 = 10;

    /// <summary>The numbers of the first constant whose name ends so; null when there is none of a readable kind.</summary>
    /// <param name="file">An ONNX file that ONNX Runtime has loaded already, so that it is known to be well formed.</param>
    /// <param name="nameEnding">For example <c>final_layer_norm.weight</c>.</param>
    /// <exception cref="InvalidDataException">The file is not ONNX.</exception>
    public static float[]? Find(string file, string nameEnding)
    {
        using var stream = System.IO.File.OpenRead(file);
        foreach (var graph in ProtobufFields.Read(stream, stream.Length).Where(field => field.Number == 7))
        {
            foreach (var tensor in ProtobufFields.Read(stream, graph.End).Where(field => field.Number == 5))
            {
                if (ReadTensor(stream, tensor.End, nameEnding) is { } values) return values;
            }
        }

        return null;
    }

    private static float[]? ReadTensor(FileStream stream, long end, string nameEnding)
    {
        var (type, name) = (0L, "");
        ProtobufField values = default;
        foreach (var field in ProtobufFields.Read(stream, end))
        {
            if (field.Number == 2) type = field.Value;
            else if (field.Number == 8) name = Encoding.UTF8.GetString(field.ReadFrom(stream));
            else if (field.Number is 4 or 9) values = field;
        }

        if (!name.EndsWith(nameEnding, StringComparison.Ordinal) || values.End == values.Start) return null;
        var bytes = values.ReadFrom(stream);
        return type switch
        {
            Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            Float16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), half => (float)half),
            _ => null,
        };
    }
}
