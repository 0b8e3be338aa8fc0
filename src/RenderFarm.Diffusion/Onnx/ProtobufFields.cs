namespace RenderFarm.Diffusion.Onnx;

/// <summary>A field of a protobuf message, by its place in the file.</summary>
/// <param name="Number">Field number of the message's definition.</param>
/// <param name="IsNested">Whether it is a text, bytes or a message, and not a number.</param>
/// <param name="Value">Its value, where it is a varint.</param>
/// <param name="Start">First byte of its content.</param>
/// <param name="End">Byte after its content.</param>
internal readonly record struct ProtobufField(int Number, bool IsNested, long Value, long Start, long End)
{
    /// <summary>Reads its content.</summary>
    public byte[] ReadFrom(Stream stream)
    {
        var bytes = new byte[checked((int)(End - Start))];
        stream.Position = Start;
        stream.ReadExactly(bytes);
        return bytes;
    }
}

/// <summary>Walks the structure of an ONNX file without reading what it holds: weights are gigabytes.</summary>
internal static class ProtobufFields
{
    /// <summary>The fields from the present position up to an end. Each next field is looked for behind the last, wherever the stream has gone meanwhile.</summary>
    /// <exception cref="InvalidDataException">These bytes are no protobuf message.</exception>
    public static IEnumerable<ProtobufField> Read(Stream stream, long end)
    {
        while (stream.Position < end)
        {
            var tag = Varint(stream);
            var wire = (int)(tag & 7);
            var value = wire is 0 or 2 ? Varint(stream) : 0;
            var length = wire switch
            {
                0 => 0,
                1 => 8,
                2 => value,
                5 => 4,
                _ => throw new InvalidDataException($"It has a field of wire type {wire} before byte {stream.Position}."),
            };
            if (length < 0 || length > end - stream.Position) throw new InvalidDataException($"A field ends beyond byte {end}.");
            var field = new ProtobufField((int)(tag >> 3), wire == 2, value, stream.Position, stream.Position + length);
            yield return field;
            stream.Position = field.End;
        }
    }

    private static long Varint(Stream stream)
    {
        var value = 0L;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var read = stream.ReadByte();
            if (read < 0) break;
            value |= (long)(read & 0x7F) << shift;
            if (read < 0x80) return value;
        }

        throw new InvalidDataException($"A number does not end at byte {stream.Position}.");
    }
}
