using System.Runtime.InteropServices;
using System.Text;

namespace RenderFarm.Diffusion.Onnx;

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
        foreach (var graph in Fields(stream, stream.Length).Where(field => field.Number == 7))
        {
            foreach (var tensor in Fields(stream, graph.End).Where(field => field.Number == 5))
            {
                if (ReadTensor(stream, tensor.End, nameEnding) is { } values) return values;
            }
        }

        return null;
    }

    private static float[]? ReadTensor(FileStream stream, long end, string nameEnding)
    {
        var (type, name) = (0L, "");
        (long Start, long End) values = default;
        foreach (var field in Fields(stream, end))
        {
            if (field.Number == 2) type = field.Value;
            else if (field.Number == 8) name = Encoding.UTF8.GetString(Read(stream, field.Start, field.End));
            else if (field.Number is 4 or 9) values = (field.Start, field.End);
        }

        if (!name.EndsWith(nameEnding, StringComparison.Ordinal) || values.End == values.Start) return null;
        var bytes = Read(stream, values.Start, values.End);
        return type switch
        {
            Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            Float16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), half => (float)half),
            _ => null,
        };
    }

    private static byte[] Read(FileStream stream, long start, long end)
    {
        var bytes = new byte[end - start];
        stream.Position = start;
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The fields from the present position up to an end. Each next field is looked for behind the last, wherever the stream has gone meanwhile.</summary>
    private static IEnumerable<Field> Fields(FileStream stream, long end)
    {
        while (stream.Position < end)
        {
            var tag = Varint(stream);
            var (value, length) = (tag & 7) switch
            {
                0 => (Varint(stream), 0L),
                1 => (0L, 8L),
                2 => (0L, Varint(stream)),
                5 => (0L, 4L),
                var wire => throw new InvalidDataException($"{stream.Name} is not ONNX: it has a field of wire type {wire} before byte {stream.Position}."),
            };
            var field = new Field((int)(tag >> 3), value, stream.Position, stream.Position + length);
            if (length < 0 || field.End > end) throw new InvalidDataException($"{stream.Name} is not ONNX: a field ends beyond byte {end}.");
            yield return field;
            stream.Position = field.End;
        }
    }

    private static long Varint(FileStream stream)
    {
        var value = 0L;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var read = stream.ReadByte();
            if (read < 0) break;
            value |= (long)(read & 0x7F) << shift;
            if (read < 0x80) return value;
        }

        throw new InvalidDataException($"{stream.Name} is not ONNX: a number does not end at byte {stream.Position}.");
    }

    private readonly record struct Field(int Number, long Value, long Start, long End);
}
