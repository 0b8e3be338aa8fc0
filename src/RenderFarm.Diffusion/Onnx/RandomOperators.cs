using System.Text;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>Finds operators that draw random numbers inside a graph, from a generator that nobody can seed anew for each call.</summary>
/// <remarks>
/// Field numbers from onnx.proto (IR version 10): ModelProto.graph = 7, functions = 25; GraphProto.node = 1; FunctionProto.node = 7, attribute_proto = 11; NodeProto.op_type = 4,
/// attribute = 5; AttributeProto.g = 6, graphs = 11. Limitations: operators of other domains are judged by the same names.
/// </remarks>
internal static class RandomOperators
{
    private const int MaxDepth = 64;

    private static readonly string[] Names = ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"];

    /// <summary>The first of them; null where there is none.</summary>
    /// <param name="file">An ONNX file that ONNX Runtime has loaded already, so that it is known to be well formed.</param>
    /// <exception cref="InvalidDataException">The file is not ONNX.</exception>
    public static string? Find(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 65_536);
        return Find(stream, Message.Model, stream.Length, depth: 0);
    }

    private static string? Find(FileStream stream, Message message, long end, int depth)
    {
        if (depth > MaxDepth) throw new InvalidDataException("Nested too deep.");
        foreach (var field in ProtobufFields.Read(stream, end).Where(field => field.IsNested))
        {
            var found = (message, field.Number) == (Message.Node, 4) ? Named(Encoding.UTF8.GetString(field.ReadFrom(stream)))
                : Child(message, field.Number) is { } child ? Find(stream, child, field.End, depth + 1)
                : null;
            if (found is not null) return found;
        }

        return null;
    }

    private static string? Named(string operation) => Names.Contains(operation) ? operation : null;

    private static Message? Child(Message message, int field) => (message, field) switch
    {
        (Message.Model, 7) or (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Model, 25) => Message.Function,
        (Message.Graph, 1) or (Message.Function, 7) => Message.Node,
        (Message.Node, 5) or (Message.Function, 11) => Message.Attribute,
        _ => null,
    };

    private enum Message
    {
        Model,
        Graph,
        Function,
        Node,
        Attribute,
    }
}
